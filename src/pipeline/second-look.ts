import { readFile } from 'node:fs/promises';
import type { ByteSource } from '../domain/ports.js';
import { isInconclusive, shortage } from './codec-error.js';
import { sharp } from './sharp.js';

/** libwebp decodes images of at least this width with a second thread. */
const threadedWidth = 512;

/** A decoder has the pixels in its own form, in libvips's, and in the result's at once, and tables besides. */
const copies = 3;
const tableBytes = 32 * 1024 * 1024;

/** Decodes an image that is known to be good, with all that a decoder needs. @throws if that can't be had */
async function decodeGoodImage(): Promise<void> {
  const good = sharp({ create: { width: threadedWidth, height: 16, channels: 4, background: '#12345678' } });
  await sharp(await good.webp().toBuffer())
    .raw()
    .toBuffer();
}

/** Whether memory and threads are short. */
async function isShort(decodedBytes: number): Promise<boolean> {
  try {
    // untouched pages cost nothing: this asks for address space, as a decoder does
    new ArrayBuffer(copies * decodedBytes + tableBytes);
    await decodeGoodImage();
    return false;
  } catch {
    return true;
  }
}

/**
 * Decodes a file; if that fails in a way that may be due to a shortage, again from memory, which needs no file descriptor. What fails
 * then is the file's error only if a good image can be decoded at the same time.
 * @param decodedBytes The memory of the file's pixels.
 */
export async function withSecondLook<Result>(
  file: ByteSource,
  decodedBytes: number,
  decode: (file: ByteSource) => Promise<Result>,
): Promise<Result> {
  try {
    return await decode(file);
  } catch (failure) {
    if (!isInconclusive(failure)) throw failure;
  }
  const inMemory = 'path' in file ? { bytes: await readFile(file.path) } : file;
  try {
    return await decode(inMemory);
  } catch (failure) {
    throw isInconclusive(failure) && (await isShort(decodedBytes)) ? shortage(failure) : failure;
  }
}
