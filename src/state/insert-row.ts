import {
  type Blob as BlobRow,
  type Image as ImageRow,
  type ImageMetadata as MetadataRow,
  Prisma,
} from './generated/client.js';

interface Rows {
  readonly Blob: BlobRow;
  readonly Image: ImageRow;
  readonly ImageMetadata: Omit<MetadataRow, 'id'>;
}

const { id: _numbered, ...metadataColumns } = Prisma.ImageMetadataScalarFieldEnum;

/** All columns that are given, as the schema of the database has them. */
const columnsOf = {
  Blob: Object.values(Prisma.BlobScalarFieldEnum),
  Image: Object.values(Prisma.ImageScalarFieldEnum),
  ImageMetadata: Object.values(metadataColumns),
} satisfies { [Table in keyof Rows]: readonly (keyof Rows[Table])[] };

const insertInto = (table: keyof Rows): Prisma.Sql => {
  const columns = columnsOf[table].map((column) => `"${column}"`);
  return Prisma.raw(`INSERT INTO "${table}" (${columns.join(', ')})`);
};

const inserts = {
  Blob: insertInto('Blob'),
  Image: insertInto('Image'),
  ImageMetadata: insertInto('ImageMetadata'),
} satisfies Record<keyof Rows, Prisma.Sql>;

/** Inserts nothing if a unique rule is violated, whichever it is. */
const doNothing = Prisma.sql`DO NOTHING`;

/**
 * Resolves with the number of rows that were inserted: 0 if the row is taken and `onConflict` leaves it. Prisma's own `create` plans
 * and maps each row again, which costs an upload as much as its commit.
 */
export const insertRow = <Table extends keyof Rows>(
  transaction: Prisma.TransactionClient,
  table: Table,
  row: Rows[Table],
  onConflict: Prisma.Sql = doNothing,
): Promise<number> => {
  const columns: { readonly [Name in keyof Rows]: readonly (keyof Rows[Name])[] } = columnsOf;
  const values = Prisma.join(columns[table].map((column) => row[column]));
  return transaction.$executeRaw`${inserts[table]} VALUES (${values}) ON CONFLICT ${onConflict}`;
};
