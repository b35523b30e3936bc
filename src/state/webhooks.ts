import type { AccountId } from '../domain/images/image.js';
import type {
  DeliveryProgress,
  Webhook,
  WebhookDelivery,
  WebhookId,
  WebhookSecret,
} from '../domain/webhooks/webhook.js';
import type { DueQuery, WebhookColumns, WebhookReader, WebhookWriter } from '../domain/webhooks/webhook-ports.js';
import type { Dialect } from './database.js';
import {
  Prisma,
  type PrismaClient,
  type WebhookDelivery as WebhookDeliveryRow,
  type Webhook as WebhookRow,
} from './generated/client.js';
import { LostRaceError } from './lost-race.js';

export class PrismaWebhookReader implements WebhookReader {
  constructor(private readonly client: Pick<PrismaClient, 'webhook' | 'webhookDelivery' | '$queryRaw'>) {}

  async find(ids: readonly WebhookId[]): Promise<Webhook[]> {
    return (await this.client.webhook.findMany({ where: { id: { in: [...ids] } } })).map(toWebhook);
  }

  async ofAccount(accountId: AccountId): Promise<Webhook[]> {
    const orderBy = [{ createdOn: 'asc' as const }, { id: 'asc' as const }];
    return (await this.client.webhook.findMany({ where: { accountId }, orderBy })).map(toWebhook);
  }

  async deliveries(ids: readonly WebhookId[]): Promise<{ webhookId: WebhookId; delivery: WebhookDelivery }[]> {
    const where = { webhookId: { in: [...ids] } };
    const rows = await this.client.webhookDelivery.findMany({ where, orderBy: { id: 'desc' } });
    return rows.map((row) => ({ webhookId: row.webhookId as WebhookId, delivery: toDelivery(row) }));
  }

  async isAnyEnabled(): Promise<boolean> {
    return (await this.client.webhook.findFirst({ where: { disabledOn: null }, select: { id: true } })) !== null;
  }

  async oldestPending(): Promise<Date | null> {
    const rows = await this.client.$queryRaw<{ occurredOn: Date }[]>`SELECT "Change"."occurredOn" FROM "Webhook"
      JOIN "Change" ON "Change"."seq" = (SELECT MIN("seq") FROM "Change"
        WHERE "accountId" = "Webhook"."accountId" AND "seq" > "Webhook"."deliveredSeq")
      WHERE "disabledOn" IS NULL ORDER BY "Change"."occurredOn" LIMIT 1`;
    return rows[0]?.occurredOn ?? null;
  }

  async due({ now, oldestSeq, accountIds, limit }: DueQuery): Promise<Webhook[]> {
    const isOfAccounts =
      accountIds === null ? Prisma.empty : Prisma.sql`AND "accountId" IN (${Prisma.join([...accountIds])})`;
    const rows = await this.client.$queryRaw<WebhookRow[]>`SELECT * FROM "Webhook"
      WHERE "disabledOn" IS NULL AND ("nextAttemptOn" IS NULL OR "nextAttemptOn" <= ${now}) ${isOfAccounts}
        AND ("deliveredSeq" < ${oldestSeq - 1} OR EXISTS (SELECT 1 FROM "Change"
          WHERE "Change"."accountId" = "Webhook"."accountId" AND "Change"."seq" > "Webhook"."deliveredSeq"))
      ORDER BY "deliveredSeq" LIMIT ${limit}`;
    return rows.map(toWebhook);
  }
}

/** Within one transaction of the writer client. */
export class PrismaWebhookWriter implements WebhookWriter {
  constructor(
    private readonly transaction: Prisma.TransactionClient,
    private readonly dialect: Dialect,
  ) {}

  async find(id: WebhookId): Promise<Webhook | null> {
    const row = await this.transaction.webhook.findUnique({ where: { id } });
    return row && toWebhook(row);
  }

  async count(accountId: AccountId): Promise<number> {
    await this.dialect.lockAccount(this.transaction, accountId);
    return this.transaction.webhook.count({ where: { accountId } });
  }

  async insert(webhook: Webhook): Promise<void> {
    await this.transaction.webhook.create({ data: webhook });
  }

  async update({ id, revision }: Webhook, columns: WebhookColumns): Promise<Webhook> {
    const data = { ...columns, revision: revision + 1 };
    const [row] = await this.transaction.webhook.updateManyAndReturn({ where: { id, revision }, data });
    if (!row) throw LostRaceError.changed(`The webhook ${id}`);
    return toWebhook(row);
  }

  async delete({ id, revision }: Webhook): Promise<void> {
    // the foreign key deletes the log
    const { count } = await this.transaction.webhook.deleteMany({ where: { id, revision } });
    if (count === 0) throw LostRaceError.changed(`The webhook ${id}`);
  }

  async logDelivery(id: WebhookId, delivery: WebhookDelivery, kept: number): Promise<void> {
    // it may have been deleted while the message was sent
    if (!(await this.transaction.webhook.findUnique({ where: { id }, select: { id: true } }))) return;
    await this.transaction.webhookDelivery.create({ data: { ...delivery, webhookId: id } });
    await this.transaction.$executeRaw`DELETE FROM "WebhookDelivery" WHERE "webhookId" = ${id} AND "id" <= (
      SELECT "id" FROM "WebhookDelivery" WHERE "webhookId" = ${id} ORDER BY "id" DESC LIMIT 1 OFFSET ${kept})`;
  }

  async progress({ id, revision, deliveredSeq }: Webhook, progress: DeliveryProgress): Promise<Webhook | null> {
    const where = { id, revision, deliveredSeq, disabledOn: null };
    const [row] = await this.transaction.webhook.updateManyAndReturn({ where, data: progress });
    return row ? toWebhook(row) : null;
  }

  async skipIdle(headSeq: number, oldestSeq: number): Promise<void> {
    await this.transaction.$executeRaw`UPDATE "Webhook" SET "deliveredSeq" = ${headSeq}
      WHERE "disabledOn" IS NULL AND "deliveredSeq" < ${headSeq} AND "deliveredSeq" >= ${oldestSeq - 1}
        AND NOT EXISTS (SELECT 1 FROM "Change" WHERE "Change"."accountId" = "Webhook"."accountId"
          AND "Change"."seq" > "Webhook"."deliveredSeq" AND "Change"."seq" <= ${headSeq})`;
  }
}

const toWebhook = (row: WebhookRow): Webhook => ({
  ...row,
  id: row.id as WebhookId,
  accountId: row.accountId as AccountId,
  deliveredSeq: Number(row.deliveredSeq),
  secret: row.secret as WebhookSecret,
  previousSecret: row.previousSecret as WebhookSecret | null,
});

const toDelivery = ({ id: _id, webhookId: _webhookId, ...delivery }: WebhookDeliveryRow): WebhookDelivery => delivery;
