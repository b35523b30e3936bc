import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sha256 } from '../../src/domain/images/image.js';
import type { SpooledFile } from '../../src/domain/ports.js';

/** A file as a spool would have left it in the folder. */
export const writeSpooledFile = async (
  folder: string,
  bytes: Uint8Array = randomBytes(1_000),
): Promise<SpooledFile> => {
  const path = join(folder, `${randomBytes(8).toString('hex')}.upload`);
  await writeFile(path, bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex') as Sha256;
  return { path, sha256, byteSize: bytes.byteLength };
};
