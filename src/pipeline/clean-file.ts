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

/** A file that is being read. */
interface Opened {
  readonly window: FileWindow;
  /** What the decoder gets if nothing has to be removed. */
  readonly source: ByteSource;
  /** All of its bytes, if they are nobody else's and may be overwritten. */
  readonly ownBytes: Buffer | null;
}

/** The bytes of a file with the edits applied. What is removed is not read. */
async function edit({ window, ownBytes }: Opened, edits: readonly Edit[]): Promise<Buffer> {
  const longer = edits.map(({ start, end, replacement }) => (replacement?.length ?? 0) - (end - start));
  const size = await window.size();
  // in place, what is written stays behind what is read; other memory is not zeroed, as all of it is overwritten
  const edited =
    ownBytes && longer.every((bytes) => bytes <= 0)
      ? ownBytes
      : Buffer.allocUnsafeSlow(longer.reduce((sum, bytes) => sum + bytes, size));
  let length = 0;
  let keptFrom = 0;
  const keepTo = async (end: number): Promise<void> => {
    const kept = edited.subarray(length, length + end - keptFrom);
    if (edited !== ownBytes || length !== keptFrom) await window.fill(kept, keptFrom);
    length += kept.length;
  };
  for (const { start, end, replacement } of edits) {
    await keepTo(start);
    if (replacement) edited.set(replacement, length);
    length += replacement?.length ?? 0;
    keptFrom = end;
  }
  await keepTo(size);
  return edited.subarray(0, length);
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
      return this.#cleanOpened({ window: new FileWindow(source.bytes), source, ownBytes: null }, sha256, accepted);
    }
    const file = await open(source.path);
    try {
      const { size } = await file.stat();
      if (size > wholeBytes) {
        return await this.#cleanOpened({ window: new FileWindow(file), source, ownBytes: null }, sha256, accepted);
      }
      const bytes = await readAll(file, size);
      const opened = { window: new FileWindow(bytes), source: { bytes }, ownBytes: bytes };
      return await this.#cleanOpened(opened, sha256, accepted);
    } finally {
      await file.close();
    }
  }

  async #cleanOpened(opened: Opened, sha256: Sha256 | null, accepted: readonly StoredFormat[]): Promise<CleanFile> {
    const known = sha256 === null ? undefined : this.#known.get(sha256);
    const container = known ?? (await readContainer(opened.window, this.#limits, accepted));
    if (sha256 !== null) this.#known.set(sha256, container);
    const { edits } = container;
    return { file: edits.length === 0 ? opened.source : { bytes: await edit(opened, edits) }, container };
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

/** Removed parts that follow each other as one: a file may have thousands of them. */
function joined(edits: readonly Edit[]): readonly Edit[] {
  const found: Edit[] = [];
  for (const next of edits) {
    const last = found.at(-1);
    const continues = last && last.end === next.start && !last.replacement && !next.replacement;
    if (continues) found[found.length - 1] = { start: last.start, end: next.end, replacement: null };
    else found.push(next);
  }
  return found;
}

/**
 * Walks a file from its first byte to its end without a decoder, and finds what must not reach one.
 * @throws {UnsupportedImageError} {@link CorruptImageError} {@link TooManyPixelsError}
 */
async function readContainer(
  window: FileWindow,
  limits: ContainerLimits,
  accepted: readonly StoredFormat[],
): Promise<Container> {
  const container = await readers[await readFormat(window, accepted)](window, limits);
  return { ...container, edits: joined(container.edits) };
}
