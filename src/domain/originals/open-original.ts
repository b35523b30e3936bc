import { createHash } from 'node:crypto';
import { pipeline, Transform, type TransformCallback } from 'node:stream';
import { Demand } from '../../lib/demand.js';
import type { ImageDependencies } from '../dependencies.js';
import { DamagedOriginalError, NotFoundError, UnavailableError } from '../errors.js';
import { authorize, type Caller } from '../identity/caller.js';
import { findOwnImage } from '../images/find-images.js';
import type { AccountId, Image, ImageId, Sha256 } from '../images/image.js';

/** A part of a file: the positions of its first and its last byte. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/** The file of an image as it was uploaded, with everything in it. */
export interface Original {
  readonly image: Image;
  /**
   * The bytes, or a part of them, as a stream that fails before its end if the file is not the one that was uploaded: all of it is
   * read for a part too.
   * @throws {DamagedOriginalError} if they are missing or not as many as they were.
   */
  open(range?: ByteRange): Promise<Transform>;
}

export const openOriginal =
  (dependencies: ImageDependencies) =>
  async (caller: Caller, accountId: AccountId, id: ImageId): Promise<Original> => {
    authorize(caller, 'images.read', accountId);
    const image = await findOwnImage(dependencies.state.read, caller, id);
    if (image.accountId !== accountId) throw new NotFoundError(`The account ${accountId} has no image ${id}.`);
    return originalOf(dependencies, image, caller);
  };

/** @param caller In whose turn bytes are fetched that are not on this machine. */
export const originalOf = (
  { state, blobs }: Pick<ImageDependencies, 'state' | 'blobs'>,
  image: Image,
  { client, keyId }: Pick<Caller, 'client' | 'keyId'>,
): Original => {
  const { sha256, byteSize } = image;
  return {
    image,
    open: async (range) => {
      const opened = await blobs.open(sha256, Demand.of(client ?? keyId ?? ''));
      if (opened?.byteSize === byteSize) {
        const proof = new ProofOfHash(sha256);
        const part = range ? new PartOfFile(range) : undefined;
        // a failure of any is that of the last, where the caller hears of it
        pipeline([opened.stream, proof, ...(part ? [part] : [])], () => undefined);
        return part ?? proof;
      }
      opened?.stream.destroy();
      const [current] = await state.read.imagesById([image.id]);
      if (current?.sha256 !== sha256) {
        throw new UnavailableError('The image was replaced or deleted just now. Try again.', 1);
      }
      throw new DamagedOriginalError(
        sha256,
        opened ? `has ${opened.byteSize} bytes instead of ${byteSize}` : 'is missing',
      );
    },
  };
};

/** Passes bytes on and keeps the last chunk back until the hash of them all is known: a client never gets the end of wrong bytes. */
class ProofOfHash extends Transform {
  readonly #hash = createHash('sha256');
  #held: Buffer | undefined;

  constructor(private readonly sha256: Sha256) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#hash.update(chunk);
    const ready = this.#held;
    this.#held = chunk;
    done(null, ready);
  }

  override _flush(done: TransformCallback): void {
    const found = this.#hash.digest('hex');
    if (found === this.sha256) done(null, this.#held);
    else done(new DamagedOriginalError(this.sha256, `has the SHA-256 ${found}`));
  }
}

/** Passes a part of the bytes on, and keeps its last piece back until the whole file has ended, and so is proven. */
class PartOfFile extends Transform {
  #position = 0;
  #held: Buffer | undefined;

  constructor(private readonly range: ByteRange) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const { first, last } = this.range;
    const piece = chunk.subarray(Math.max(0, first - this.#position), Math.max(0, last + 1 - this.#position));
    this.#position += chunk.length;
    if (piece.length === 0) {
      done();
      return;
    }
    const ready = this.#held;
    this.#held = piece;
    done(null, ready);
  }

  override _flush(done: TransformCallback): void {
    done(null, this.#held);
  }
}
