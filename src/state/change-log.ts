import type { Change, Commit, ImageChange, MetalImageChange } from '../domain/changes/changes.js';
import type { Image, ImageId } from '../domain/images/image.js';
import type { MetalImage } from '../domain/metal/metal-image.js';
import { Prisma } from './generated/client.js';

/** SQLite binds 32,766 values in a statement. */
const rowsAtOnce = 1_000;

type Noted =
  | { readonly of: 'image'; readonly kind: ImageChange['kind']; readonly image: Image }
  | { readonly of: 'metalImage'; readonly kind: MetalImageChange['kind']; readonly image: MetalImage };

/** Gathers what a transaction does, and writes it into the journal before the transaction is committed. */
export class ChangeLog {
  readonly #noted: Noted[] = [];
  readonly #written = new Set<ImageId>();
  #journaled: Change[] = [];

  constructor(
    private readonly store: string,
    private readonly now: () => Date,
  ) {}

  noteImage(kind: ImageChange['kind'], image: Image): void {
    this.#noted.push({ of: 'image', kind, image });
    this.#written.add(image.id);
  }

  /** For caches: the change itself is noted with the image, whose revision rises with its metadata. */
  noteMetadata(id: ImageId): void {
    this.#written.add(id);
  }

  noteMetalImage(kind: MetalImageChange['kind'], image: MetalImage): void {
    this.#noted.push({ of: 'metalImage', kind, image });
  }

  /** One statement, or none if nothing changed. */
  async save(transaction: Prisma.TransactionClient): Promise<void> {
    const occurredOn = this.now();
    for (let start = 0; start < this.#noted.length; start += rowsAtOnce) {
      const noted = this.#noted.slice(start, start + rowsAtOnce);
      const values = Prisma.join(noted.map((change) => valuesOf(change, occurredOn)));
      const rows = await transaction.$queryRaw<{ seq: number | bigint }[]>`INSERT INTO "Change"
        ("occurredOn", "kind", "imageId", "accountId", "publicId", "sha256", "metalImageId") VALUES ${values} RETURNING "seq"`;
      // rows are returned in any order, but numbered in that of the values
      const numbers = rows.map(({ seq }) => Number(seq)).sort((a, b) => a - b);
      this.#journaled.push(
        ...noted.map((change, index) => changeOf(change, { store: this.store, seq: numbers[index] ?? 0, occurredOn })),
      );
    }
  }

  commit(): Commit {
    return { changes: this.#journaled, writtenImages: this.#written, isCertain: true };
  }

  /** Of a transaction that failed, maybe after it was committed. */
  doubt(): Commit {
    return { changes: [], writtenImages: this.#written, isCertain: this.#journaled.length === 0 };
  }
}

const valuesOf = (change: Noted, occurredOn: Date): Prisma.Sql => {
  if (change.of === 'metalImage') {
    return Prisma.sql`(${occurredOn}, ${change.kind}, NULL, NULL, NULL, NULL, ${change.image.id})`;
  }
  const { id, accountId, publicId, sha256 } = change.image;
  return Prisma.sql`(${occurredOn}, ${change.kind}, ${id}, ${accountId}, ${publicId}, ${sha256}, NULL)`;
};

const changeOf = (change: Noted, position: Pick<Change, 'store' | 'seq' | 'occurredOn'>): Change =>
  change.of === 'image'
    ? { ...position, ...change, imageId: change.image.id, accountId: change.image.accountId }
    : { ...position, ...change, imageId: change.image.id };
