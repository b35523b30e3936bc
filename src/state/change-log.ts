import type { Change, Commit, ImageChange, MetalImageChange } from '../domain/changes/changes.js';
import type { Image, ImageId } from '../domain/images/image.js';
import type { MetalImage } from '../domain/metal/metal-image.js';
import type { ChangeRow, Dialect } from './database.js';
import type { Prisma } from './generated/client.js';

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
    private readonly dialect: Pick<Dialect, 'insertChanges'>,
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
    if (this.#noted.length === 0) return;
    const occurredOn = this.now();
    const rows = this.#noted.map((change) => rowOf(change, occurredOn));
    const numbers = await this.dialect.insertChanges(transaction, rows, this.#written);
    this.#journaled = this.#noted.map((change, index) =>
      changeOf(change, { store: this.store, seq: numbers[index] ?? 0, occurredOn }),
    );
  }

  commit(): Commit {
    return { changes: this.#journaled, writtenImages: this.#written, isCertain: true };
  }

  /** Of a transaction that failed, maybe after it was committed. */
  doubt(): Commit {
    return { changes: [], writtenImages: this.#written, isCertain: this.#journaled.length === 0 };
  }
}

const noImage = { imageId: null, accountId: null, publicId: null, sha256: null };

const rowOf = (change: Noted, occurredOn: Date): ChangeRow => {
  const { kind } = change;
  if (change.of === 'metalImage') return { ...noImage, occurredOn, kind, metalImageId: change.image.id };
  const { id, accountId, publicId, sha256 } = change.image;
  return { occurredOn, kind, imageId: id, accountId, publicId, sha256, metalImageId: null };
};

const changeOf = (change: Noted, position: Pick<Change, 'store' | 'seq' | 'occurredOn'>): Change =>
  change.of === 'image'
    ? { ...position, ...change, imageId: change.image.id, accountId: change.image.accountId }
    : { ...position, ...change, imageId: change.image.id };
