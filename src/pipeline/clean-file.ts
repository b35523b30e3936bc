import { type FileHandle, open } from 'node:fs/promises';
import { LRUCache } from 'lru-cache';
import { CorruptImageError, UnsupportedImageError } from '../domain/errors.js';
import { type Sha256, type StoredFormat, storedFormats } from '../domain/images/image.js';
import type { ByteSource } from '../domain/ports.js';
import { readAvif } from './container/avif-container.js';
import type { Container, ContainerLimits, Edit } from './container/container.js';
import { readGif } from './container/gif-container.js';
import { readJpeg } from './container/jpeg-container.js';
import { readPng } from './container/png-container.js';
import { readWebp } from './container/webp-container.js';
import { detectFormat, signatureBytes } from './file-signature.js';
import { FileWindow } from './file-window.js';

/** A file as decoders may see it. */
export interface CleanFile {
  /** The file itself, or its bytes, which lack whatever has to be removed. */
  readonly file: ByteSource;
  readonly container: Container;
}

/** Known containers together, by an estimate of their memory. */
const knownBytes = 16 * 1024 * 1024;
const containerBytes = 500;
const editBytes = 200;

const bytesOf = ({ edits, texts, pngColor, deep }: Container): number =>
  edits.reduce((sum, { replacement }) => sum + editBytes + (replacement?.length ?? 0), containerBytes) +
  editBytes * texts.length +
  (pngColor?.profile?.length ?? deep?.profile.length ?? 0);

/** Applies the edits to the bytes: in place, unless one of them is longer than what it replaces. */
function applyEdits(bytes: Buffer, edits: readonly Edit[]): Buffer {
  if (edits.some(({ start, end, replacement }) => (replacement?.length ?? 0) > end - start)) {
    const kept = edits.map(({ start, replacement }, index) => {
      const before = bytes.subarray(edits[index - 1]?.end ?? 0, start);
      return replacement ? [before, replacement] : [before];
    });
    return Buffer.concat([...kept.flat(), bytes.subarray(edits.at(-1)?.end ?? 0)]);
  }
  let length = edits[0]?.start ?? bytes.length;
  edits.forEach(({ end, replacement }, index) => {
    if (replacement) bytes.set(replacement, length);
    length += replacement?.length ?? 0;
    const next = edits[index + 1]?.start ?? bytes.length;
    bytes.copyWithin(length, end, next);
    length += next - end;
  });
  return bytes.subarray(0, length);
}

/** A file of at most this size is read into memory once, for all that reads it: each reader of its own would cost more. */
const wholeBytes = 4 * 1024 * 1024;

async function readAll(file: FileHandle, size: number): Promise<Buffer> {
  // not zeroed: the file overwrites all of it
  const bytes = Buffer.allocUnsafeSlow(size);
  for (let length = 0; length < size; ) {
    const { bytesRead } = await file.read(bytes, length, size - length, length);
    if (bytesRead === 0) throw new CorruptImageError('it ends too early');
    length += bytesRead;
  }
  return bytes;
}

/**
 * Reads the containers of files, and removes from the files what no decoder must see: whatever is not pixels, colours or orientation.
 * What is known of a hash is kept for a while, so that a stored file is walked once and, if it is clean, opened by the decoder only.
 */
export class FileCleaner {
  readonly #limits: ContainerLimits;
  readonly #known = new LRUCache<Sha256, Container>({ maxSize: knownBytes, sizeCalculation: bytesOf });

  constructor(limits: ContainerLimits) {
    this.#limits = limits;
  }

  /**
   * @param sha256 The hash of the bytes, or null if they are seen for the first time.
   * @param accepted The formats that the file may have.
   * @throws {UnsupportedImageError} {@link CorruptImageError} {@link TooManyPixelsError}, or what opening the file throws
   */
  async clean(
    source: ByteSource,
    sha256: Sha256 | null,
    accepted: readonly StoredFormat[] = storedFormats,
  ): Promise<CleanFile> {
    const known = sha256 === null ? undefined : this.#known.get(sha256);
    if (known?.edits.length === 0) return { file: source, container: known };
    if ('bytes' in source) {
      return this.#cleanOpen(source, sha256, accepted, source.bytes, async () => Buffer.from(source.bytes));
    }
    const file = await open(source.path);
    try {
      const { size } = await file.stat();
      if (size > wholeBytes) {
        // in steps that stay in the processor's cache: one read of it all takes longer
        const copy = (): Promise<Buffer> => new FileWindow(file).copy(0, size);
        return await this.#cleanOpen(source, sha256, accepted, file, copy);
      }
      const bytes = await readAll(file, size);
      return await this.#cleanOpen({ bytes }, sha256, accepted, bytes, async () => bytes);
    } finally {
      await file.close();
    }
  }

  async #cleanOpen(
    source: ByteSource,
    sha256: Sha256 | null,
    accepted: readonly StoredFormat[],
    opened: FileHandle | Uint8Array,
    copy: () => Promise<Buffer>,
  ): Promise<CleanFile> {
    const known = sha256 === null ? undefined : this.#known.get(sha256);
    const container = known ?? (await readContainer(new FileWindow(opened), this.#limits, accepted));
    if (sha256 !== null) this.#known.set(sha256, container);
    const file = container.edits.length === 0 ? source : { bytes: applyEdits(await copy(), container.edits) };
    return { file, container };
  }
}

const readers = { jpeg: readJpeg, png: readPng, webp: readWebp, avif: readAvif, gif: readGif } satisfies Record<
  StoredFormat,
  (window: FileWindow, limits: ContainerLimits) => Promise<Container>
>;

/** The format of a file by its first bytes. @throws {UnsupportedImageError} */
async function readFormat(window: FileWindow, accepted: readonly StoredFormat[]): Promise<StoredFormat> {
  const format = detectFormat((await window.from(0, signatureBytes)).subarray(0, signatureBytes));
  const known = accepted.find((name) => name === format);
  if (!known) throw new UnsupportedImageError(format, accepted);
  return known;
}

/**
 * Walks a file from its first byte to its end without a decoder, and finds what must not reach one.
 * @throws {UnsupportedImageError} {@link CorruptImageError} {@link TooManyPixelsError}
 */
const readContainer = async (
  window: FileWindow,
  limits: ContainerLimits,
  accepted: readonly StoredFormat[],
): Promise<Container> => readers[await readFormat(window, accepted)](window, limits);
