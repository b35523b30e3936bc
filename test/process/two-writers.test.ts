import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { AccountId } from '../../src/domain/images/image.js';
import { openState } from '../../src/state/sqlite/open-state.js';
import { insertSample, sampleAddress } from '../support/samples.js';
import { useTempFolder } from '../support/temp-folder.js';

// a start takes seconds on a busy machine
vi.setConfig({ testTimeout: 60_000 });

const script = fileURLToPath(new URL('../support/writer-process.mjs', import.meta.url));
const maxImages = 5;

interface Work {
  readonly name: 'upload' | 'uploadAddressed' | 'createMetal' | 'raiseVersion';
  readonly input: Record<string, unknown>;
}
interface Outcome {
  readonly id?: string;
  readonly error?: string;
  readonly message?: string;
}

const startWriter = async (path: string, folder: string): Promise<ChildProcess> => {
  const writer = fork(script, [path, folder, String(maxImages)]);
  onTestFinished(async () => {
    writer.kill('SIGKILL');
    if (writer.exitCode === null && writer.signalCode === null) await once(writer, 'close');
  });
  const ended = once(writer, 'exit').then(([code]) => {
    throw new Error(`The writer ended with ${code} before it was ready.`);
  });
  await Promise.race([once(writer, 'message'), ended]);
  ended.catch(() => undefined);
  return writer;
};

/** Two processes on one database, and a reader of it. */
const useWriters = async () => {
  const folder = await useTempFolder();
  const path = join(folder, 'state.db');
  const state = await openState({ path });
  onTestFinished(() => state.close());
  const writers = await Promise.all([startWriter(path, folder), startWriter(path, folder)]);
  /** Runs the same number of works in both processes at the same time. */
  const race = async (workOf: (writer: number, index: number) => Work, count: number): Promise<Outcome[][]> =>
    Promise.all(
      writers.map(async (writer, number) => {
        writer.send(Array.from({ length: count }, (_, index) => workOf(number, index)));
        const [outcomes] = await once(writer, 'message');
        return outcomes as Outcome[];
      }),
    );
  return { state, race };
};

const errorsOf = (outcomes: Outcome[][]): (string | undefined)[] => outcomes.flat().flatMap(({ error }) => error ?? []);

test('two processes that upload to one account never give it more images than it may have', async () => {
  const { state, race } = await useWriters();
  const accountId = randomUUID();
  const outcomes = await race(
    (writer, index) => ({ name: 'upload', input: { accountId, text: `${writer} ${index}` } }),
    10,
  );
  expect(await state.read.countImages(accountId as AccountId, {})).toBe(maxImages);
  expect(errorsOf(outcomes)).toEqual(Array(20 - maxImages).fill('ImageLimitReachedError'));
});

test('of what two processes add at the same time, the bytes of an account, and a metal image, exist once', async () => {
  const { race } = await useWriters();
  const rounds = 20;
  const accounts = Array.from({ length: rounds }, () => randomUUID());
  const uploads = await race(
    (_, index) => ({ name: 'upload', input: { accountId: accounts[index], text: 'same' } }),
    rounds,
  );
  const metal = await race((_, index) => ({ name: 'createMetal', input: { imageId: `os-1.0.${index}` } }), rounds);
  for (let round = 0; round < rounds; round += 1) {
    expect(errorsOf(uploads.map((outcomes) => outcomes.slice(round, round + 1)))).toEqual(['DuplicateImageError']);
    expect(errorsOf(metal.map((outcomes) => outcomes.slice(round, round + 1)))).toEqual(['ConflictError']);
  }
});

test('two processes that upload to one new address make one image, and neither upload is lost', async () => {
  const { state, race } = await useWriters();
  const rounds = 20;
  const places = Array.from({ length: rounds }, () => ({
    accountId: randomUUID() as AccountId,
    address: sampleAddress(),
  }));
  const outcomes = await race(
    (writer, index) => ({ name: 'uploadAddressed', input: { ...places[index], text: `${writer} ${index}` } }),
    rounds,
  );
  expect(errorsOf(outcomes)).toEqual([]);
  for (const [round, { accountId, address }] of places.entries()) {
    const image = await state.read.imageByAddress(accountId, address);
    expect(image?.version).toBe(2);
    expect(outcomes.map((ofWriter) => ofWriter[round]?.id)).toEqual([image?.id, image?.id]);
  }
});

test('changes that two processes make are all kept, and the journal has each once, in one order', async () => {
  const { state, race } = await useWriters();
  const image = await insertSample(state);
  const outcomes = await race(() => ({ name: 'raiseVersion', input: { id: image.id } }), 30);
  expect(errorsOf(outcomes)).toEqual([]);
  expect(await state.read.imagesById([image.id])).toMatchObject([{ version: 61 }]);
  const changes = await state.read.changes.images(image.accountId, 0, 100);
  expect(changes.map(({ seq, kind }) => [seq, kind])).toEqual([
    [1, 'CREATED'],
    ...Array.from({ length: 60 }, (_, index) => [index + 2, 'UPDATED']),
  ]);
});
