import { createHash } from 'node:crypto';
import type { Removal, RemovalReader, RemovalWriter } from '../domain/imports/removal.js';
import { Prisma, type PrismaClient } from './generated/client.js';
import { addressKeyOf } from './rows.js';

type Client = Pick<PrismaClient | Prisma.TransactionClient, 'removal' | '$executeRaw'>;

/** Each binds two values, of which a statement may have 32,766. */
const rowsAtOnce = 1_000;

export class PrismaRemovalReader implements RemovalReader {
  constructor(protected readonly client: Client) {}

  async has(removal: Removal): Promise<boolean> {
    return (await this.client.removal.findUnique({ where: { key: keyOf(removal) } })) !== null;
  }
}

/** Within one transaction of the writer client. */
export class PrismaRemovalWriter extends PrismaRemovalReader implements RemovalWriter {
  async add(removals: readonly Removal[], removedOn: Date): Promise<void> {
    for (let start = 0; start < removals.length; start += rowsAtOnce) {
      const rows = removals
        .slice(start, start + rowsAtOnce)
        .map((removal) => Prisma.sql`(${keyOf(removal)}, ${removedOn})`);
      await this.client.$executeRaw`
        INSERT INTO "Removal" ("key", "removedOn") VALUES ${Prisma.join(rows)} ON CONFLICT DO NOTHING`;
    }
  }
}

/** The same in both databases. An address may be longer than an entry of an index, so its hash stands for it. */
const keyOf = (removal: Removal): string => {
  if ('imageId' in removal) return `image:${removal.imageId}`;
  if ('metalImageId' in removal) return `metal:${removal.metalImageId}`;
  const address = addressKeyOf(removal.accountId, removal.address);
  return `address:${createHash('sha256').update(address).digest('hex')}`;
};
