import type { AccountId } from '../../domain/images/image.js';
import type { Database, Dialect } from '../database.js';
import type { ImageMetadata, Prisma, PrismaClient } from '../generated/client.js';
import { addressKeyOf, toMetadata } from '../rows.js';

/** A row as Prisma reads and writes it: the same for both databases, but for {@link fitRows}. */
export type Row = Readonly<Record<string, unknown>>;

/** All tables but the one with the identity and the index of similar images, which follows from others; each after those that it refers to, and the column that orders its rows. */
const keys = {
  Blob: 'sha256',
  Image: 'id',
  ImageMetadata: 'id',
  ImageAltText: 'id',
  MetalImage: 'id',
  MetalImageUse: 'machineId',
  Origin: 'id',
  Removal: 'key',
  ApiKey: 'id',
  RevokedGrant: 'id',
  Webhook: 'id',
  WebhookDelivery: 'id',
  Change: 'seq',
} as const satisfies Record<Exclude<Prisma.ModelName, 'Store' | 'ImageHash'>, string>;

export type TableName = keyof typeof keys;
export const tableNames = Object.keys(keys) as TableName[];

/** Tables whose rows the database numbers. No number is given twice, so the last one is copied too: its row may be gone. */
export const numberedTables = ['ImageMetadata', 'ImageAltText', 'Origin', 'WebhookDelivery', 'Change'] as const;

export const keyOf = (name: TableName): string => keys[name];

/** What the models of all tables have. */
interface Table {
  findMany(query: Record<string, unknown>): Promise<Row[]>;
  findFirst(query: Record<string, unknown>): Promise<Row | null>;
  createMany(rows: { data: readonly Row[] }): Promise<unknown>;
  count(): Promise<number>;
}

export const tableOf = (client: PrismaClient | Prisma.TransactionClient, name: TableName): Table => {
  const property = `${name.charAt(0).toLowerCase()}${name.slice(1)}` as Uncapitalize<TableName>;
  return client[property] as unknown as Table;
};

/** So many that a batch is worth its round trip, and so few that the longest texts fit into memory. */
const pageSize = 500;

/** The rows behind a key, in the order of their keys, which both databases compare by their bytes. */
export async function* pagesOf({ reader }: Database, name: TableName, after: unknown): AsyncGenerator<Row[]> {
  const key = keyOf(name);
  for (let last = after; ; ) {
    const where = last === undefined ? {} : { [key]: { gt: last } };
    const rows = await tableOf(reader, name).findMany({ where, orderBy: { [key]: 'asc' }, take: pageSize });
    if (rows.length > 0) yield rows;
    if (rows.length < pageSize) return;
    last = rows.at(-1)?.[key];
  }
}

/** Rows as another database stores them: it may keep the hash of a long address, or the address of which this one keeps the hash. */
export const fitRows = async (
  { reader }: Database,
  { indexable }: Dialect,
  name: TableName,
  rows: readonly Row[],
): Promise<readonly Row[]> => {
  if (name !== 'ImageMetadata') return rows;
  const metadata = rows as unknown as readonly ImageMetadata[];
  const ids = metadata.flatMap(({ imageId, addressKey }) => (addressKey === null ? [] : [imageId]));
  if (ids.length === 0) return rows;
  const images = await reader.image.findMany({ where: { id: { in: ids } }, select: { id: true, accountId: true } });
  const accounts = new Map(images.map(({ id, accountId }) => [id, accountId as AccountId]));
  return metadata.map((row) => {
    const { address } = toMetadata(row);
    const accountId = accounts.get(row.imageId);
    if (!address || accountId === undefined) return { ...row };
    return { ...row, addressKey: indexable(addressKeyOf(accountId, address)) };
  });
};
