import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A new folder for the running test, removed with all that is in it when the test is over. */
export const useTempFolder = async (): Promise<string> => {
  const { path, remove } = await makeTempFolder();
  onTestFinished(remove);
  return path;
};

/** A new folder that lasts until it is removed, for what the tests of a file share. */
export const makeTempFolder = async (): Promise<{ path: string; remove: () => Promise<void> }> => {
  const path = await mkdtemp(join(tmpdir(), 'image-facade-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
};
