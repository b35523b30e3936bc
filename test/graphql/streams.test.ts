import { expect, onTestFinished, test } from 'vitest';
import type { ImageChange } from '../../src/domain/changes/changes.js';
import { JournalStream } from '../../src/domain/changes/journal-stream.js';
import { UnauthenticatedError } from '../../src/domain/errors.js';
import { openCaller } from '../../src/domain/identity/caller.js';
import { LiveCallers, Streams } from '../../src/graphql/subscriptions/streams.js';
import { sampleImage } from '../support/samples.js';

/** Sends changes to those who subscribe. */
class Source {
  readonly #changes: ImageChange[] = [];
  readonly #streams = new Set<JournalStream<ImageChange>>();
  get size(): number {
    return this.#streams.size;
  }
  subscribe(): AsyncIterableIterator<ImageChange> {
    const stream: JournalStream<ImageChange> = new JournalStream<ImageChange>(0, {
      begin: async () => undefined,
      isWanted: (change): change is ImageChange => change.of === 'image',
      recent: (seq) => this.#changes[seq] ?? null,
      read: async () => ({ items: [], through: 0 }),
      onWait: () => undefined,
      onEnd: () => this.#streams.delete(stream),
    });
    this.#streams.add(stream);
    return stream;
  }
  publish(change: ImageChange): void {
    this.#changes.push(change);
    for (const stream of this.#streams) stream.wake();
  }
  close(): void {
    for (const stream of [...this.#streams]) stream.end();
  }
}

const limits = { subscriptions: 3, subscriptionsPerClient: 2 };
const open = (client = 'a', streams = new Streams(limits, new LiveCallers(async () => openCaller))) => {
  const source = new Source();
  const begin = (name = client) => streams.open({ client: name, authorization: name }, () => source.subscribe());
  return { source, begin };
};

test('a client has no more streams than its share, and all together no more than the server holds', async () => {
  const { source, begin } = open();
  const first = begin('a');
  begin('a');
  expect(() => begin('a')).toThrow('This key or address has 2 subscriptions');
  begin('b');
  expect(() => begin('b')).toThrow('The server has 3 subscriptions');
  expect(source.size).toBe(3);
  await first.return?.();
  await first.return?.();
  expect(source.size).toBe(2);
  begin('b');
  expect(() => begin('c')).toThrow('The server has 3 subscriptions');
});

test('streams that end by themselves free their places', async () => {
  const { source, begin } = open();
  const streams = [begin('a'), begin('a')];
  source.close();
  for (const stream of streams) expect(await stream.next()).toEqual({ done: true, value: undefined });
  expect(() => begin('a')).not.toThrow();
});

test('a start that fails uses no place', () => {
  const streams = new Streams(limits, new LiveCallers(async () => openCaller));
  for (let times = 0; times < 5; times += 1) {
    expect(() =>
      streams.open({ client: 'a', authorization: undefined }, () => {
        throw new Error('no');
      }),
    ).toThrow('no');
  }
  expect(() => open('a', streams).begin()).not.toThrow();
});

test('a key that is revoked ends its streams, idle or not, and is looked at once for all of them', async () => {
  const asked: (string | undefined)[] = [];
  let isRevoked = false;
  const callers = new LiveCallers(async (authorization) => {
    asked.push(authorization);
    if (isRevoked && authorization === 'a') throw new UnauthenticatedError('The key is revoked.');
    if (authorization === 'c') throw new Error('The database is busy.');
    return openCaller;
  });
  const source = new Source();
  const streams = new Streams({ subscriptions: 100, subscriptionsPerClient: 100 }, callers);
  const begin = (name: string) => streams.open({ client: name, authorization: name }, () => source.subscribe());
  const [idle, unread, other, busy] = [begin('a'), begin('a'), begin('b'), begin('c')];
  onTestFinished(async () => {
    for (const stream of [other, busy]) await stream.return?.();
  });
  const waiting = idle.next();
  await expect.poll(() => asked.length).toBeGreaterThan(2);
  expect(asked.slice(0, 3)).toEqual(['a', 'b', 'c']);
  isRevoked = true;
  await expect(waiting).rejects.toThrow('The key is revoked.');
  await expect(unread.next()).rejects.toThrow('The key is revoked.');
  expect(await unread.next()).toEqual({ done: true, value: undefined });
  expect(source.size).toBe(2);
  const next = other.next();
  const image = sampleImage();
  const { id: imageId, accountId } = image;
  const change = {
    of: 'image',
    store: 'a',
    seq: 1,
    occurredOn: new Date(),
    kind: 'CREATED',
    imageId,
    accountId,
  } as const;
  source.publish({ ...change, image });
  expect(await next).toEqual({ done: false, value: { ...change, image } });
});
