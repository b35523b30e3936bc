import type { GrantReader, GrantWriter } from '../domain/ports.js';
import type { Prisma, PrismaClient } from './generated/client.js';

export class PrismaGrantReader implements GrantReader {
  constructor(private readonly client: Pick<PrismaClient, 'revokedGrant'>) {}

  async isRevoked(grantId: string): Promise<boolean> {
    return (await this.client.revokedGrant.findUnique({ where: { id: grantId } })) !== null;
  }
}

/** Within one transaction of the writer client. */
export class PrismaGrantWriter implements GrantWriter {
  constructor(private readonly transaction: Prisma.TransactionClient) {}

  async revoke(grantId: string, expiresOn: Date): Promise<void> {
    // of two revocations the later end holds, in whichever order they commit
    await this.transaction.$executeRaw`
      INSERT INTO "RevokedGrant" ("id", "expiresOn") VALUES (${grantId}, ${expiresOn})
      ON CONFLICT ("id") DO UPDATE SET "expiresOn" = excluded."expiresOn"
      WHERE "RevokedGrant"."expiresOn" < excluded."expiresOn"`;
  }

  async deleteExpired(now: Date): Promise<void> {
    await this.transaction.revokedGrant.deleteMany({ where: { expiresOn: { lte: now } } });
  }
}
