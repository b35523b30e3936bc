import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { DomainError } from '../../src/domain/errors.js';
import { defaultLimits } from '../../src/domain/limits.js';
import type { ImageFacts } from '../../src/domain/ports.js';
import { createImageProcessor } from '../../src/pipeline/processor.js';
import { useTempFolder } from '../support/temp-folder.js';

/** What the product finds in an uploaded file with these bytes. */
export async function inspect(bytes: Uint8Array, limits = defaultLimits): Promise<ImageFacts> {
  const path = join(await useTempFolder(), 'upload');
  await writeFile(path, bytes);
  return createImageProcessor(limits).inspect(path);
}

/** Why the product refuses such a file, which it has to. */
export const failureOf = (bytes: Uint8Array, limits = defaultLimits): Promise<DomainError> =>
  inspect(bytes, limits).then(
    () => expect.fail('the file was accepted'),
    (error: DomainError) => error,
  );
