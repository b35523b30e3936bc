import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BoundedQueue } from '../../src/lib/bounded-queue.js';
import { Demand, nobody } from '../../src/lib/demand.js';
import { type Gate, newGate } from '../support/gate.js';

const newQueue = (concurrency: number, capacity: number) =>
  new BoundedQueue({ concurrency, room: { capacity, onFull: () => new Error('full') } });

test('so many works run at once, and the others in the order they came', async () => {
  const queue = newQueue(2, 10);
  const gate = newGate();
  const began: number[] = [];
  const works = [0, 1, 2, 3, 4].map((index) =>
    queue.run(async () => {
      began.push(index);
      await gate.opened;
      return index;
    }),
  );
  expect([queue.running, queue.waiting]).toEqual([2, 3]);
  expect(began).toEqual([0, 1]);
  gate.open();
  expect(await Promise.all(works)).toEqual([0, 1, 2, 3, 4]);
  expect(began).toEqual([0, 1, 2, 3, 4]);
  expect([queue.running, queue.waiting]).toEqual([0, 0]);
});

test('who comes when the room is full is turned away at once; without a bound all wait', async () => {
  const gate = newGate();
  const bounded = newQueue(1, 1);
  const held = [bounded.run(() => gate.opened), bounded.run(() => gate.opened)];
  await expect(bounded.run(async () => undefined)).rejects.toThrow('full');
  const unbounded = new BoundedQueue({ concurrency: 1 });
  held.push(...Array.from({ length: 1_000 }, () => unbounded.run(() => gate.opened)));
  expect(unbounded.waiting).toBe(999);
  gate.open();
  await Promise.all(held);
});

test('a work whose signal aborts while it waits never begins and frees its place', async () => {
  const queue = newQueue(1, 1);
  const gate = newGate();
  const held = queue.run(() => gate.opened);
  const leaving = new AbortController();
  let began = false;
  const waiting = queue.run(
    async () => {
      began = true;
    },
    Demand.of('', leaving.signal),
  );
  leaving.abort(new Error('left'));
  await expect(waiting).rejects.toThrow('left');
  const next = queue.run(async () => 'next');
  gate.open();
  await held;
  expect(await next).toBe('next');
  expect(began).toBe(false);
  await expect(queue.run(async () => undefined, Demand.of('', leaving.signal))).rejects.toThrow('left');
});

test('a work that runs is not touched by its signal', async () => {
  const queue = newQueue(1, 0);
  const gate = newGate();
  const leaving = new AbortController();
  const running = queue.run(() => gate.opened.then(() => 'done'), Demand.of('', leaving.signal));
  leaving.abort();
  gate.open();
  expect(await running).toBe('done');
});

test('a work that fails hands its place on', async () => {
  const queue = newQueue(1, 1);
  const failing = queue.run(() => Promise.reject(new Error('broken')));
  const next = queue.run(async () => 'next');
  await expect(failing).rejects.toThrow('broken');
  expect(await next).toBe('next');
});

test('waits and runs are reported for work that began', async () => {
  const times: string[] = [];
  const queue = new BoundedQueue({
    concurrency: 1,
    times: { waited: () => times.push('waited'), ran: () => times.push('ran') },
  });
  const leaving = new AbortController();
  const gate = newGate();
  const held = queue.run(() => gate.opened);
  const left = queue.run(async () => undefined, Demand.of('', leaving.signal));
  leaving.abort();
  await expect(left).rejects.toThrow();
  gate.open();
  await held;
  expect(times).toEqual(['waited', 'ran']);
});

describe('among clients', () => {
  /** A queue whose works are held, with what began in its order and what was refused. */
  const heldQueue = (concurrency: number, capacity = 1_000) => {
    const queue = newQueue(concurrency, capacity);
    const began: string[] = [];
    const refused: string[] = [];
    const gates: Gate[] = [];
    const add = (name: string, demand = Demand.of(name[0] ?? '')): void => {
      const work = async (): Promise<void> => {
        began.push(name);
        const gate = newGate();
        gates.push(gate);
        await gate.opened;
      };
      queue.run(work, demand).catch(() => refused.push(name));
    };
    /** Ends the work that began first of those that run. */
    const endOne = async (): Promise<void> => {
      gates.shift()?.open();
      await settle();
    };
    return { queue, began, refused, add, endOne };
  };
  const settle = () => new Promise((resolve) => setImmediate(resolve));

  test('those that wait take turns, however many works one of them has', async () => {
    const { began, add, endOne } = heldQueue(2);
    for (const name of ['a1', 'a2', 'a3', 'a4', 'a5', 'b1', 'b2', 'c1']) add(name);
    await settle();
    // all places were of one client when another came, which does not wait for it
    expect(began).toEqual(['a1', 'a2', 'b1']);
    for (let index = 0; index < 5; index += 1) await endOne();
    expect(began.slice(3)).toEqual(['a3', 'b2', 'c1', 'a4']);
  });

  test('the place beyond the others is for one client at a time', async () => {
    const { queue, began, add } = heldQueue(2);
    for (const name of ['a1', 'a2', 'b1', 'c1', 'd1']) add(name);
    await settle();
    expect(began).toEqual(['a1', 'a2', 'b1']);
    expect([queue.running, queue.waiting]).toEqual([3, 2]);
  });

  test("one client's flood is refused, not what others ask for, until all have as much", async () => {
    const { queue, refused, add } = heldQueue(1, 4);
    for (const name of ['a0', 'b0', 'a1', 'a2', 'a3', 'a4', 'a5']) add(name);
    await settle();
    expect(refused).toEqual(['a5']);
    add('b1');
    add('c1');
    await settle();
    // the newest of the one that has the most
    expect(refused).toEqual(['a5', 'a4', 'a3']);
    for (const name of ['b2', 'c2', 'a6']) add(name);
    await settle();
    // a2, b1, c1 and one of a: none has two more than another
    expect(refused).toEqual(['a5', 'a4', 'a3', 'b2', 'c2', 'a6']);
    add('d1');
    await settle();
    expect(refused.at(-1)).toBe('a2');
    expect(queue.waiting).toBe(4);
  });

  test('a work that two clients want has its turn with the first of them, and is not refused for the flood of one', async () => {
    const { refused, began, add, endOne } = heldQueue(1, 3);
    const shared = Demand.of('a');
    for (const name of ['a0', 'c0', 'a1', 'a2']) add(name);
    add('a3', shared);
    await settle();
    shared.join('b');
    add('d1');
    await settle();
    // a3 would be the newest of a, but b wants it too
    expect(refused).toEqual(['a2']);
    for (let index = 0; index < 3; index += 1) await endOne();
    expect(began).toEqual(['a0', 'c0', 'a1', 'a3', 'd1']);
  });

  test('a client that leaves a shared work leaves it to the others', async () => {
    const { queue, began, add, endOne } = heldQueue(1);
    const shared = Demand.of('a');
    add('a0');
    add('c0');
    add('shared', shared);
    await settle();
    shared.join('b');
    shared.leave('a');
    expect(queue.waiting).toBe(1);
    await endOne();
    await endOne();
    expect(began).toEqual(['a0', 'c0', 'shared']);
    shared.leave('b');
    expect(shared.abandoned.aborted).toBe(true);
  });

  test('nothing is lost or left over, whatever comes and goes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 3 }),
        fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('add', 'leave', 'join', 'end')), {
          maxLength: 60,
        }),
        async (concurrency, steps) => {
          const queue = newQueue(concurrency, 5);
          const gates: Gate[] = [];
          const demands: { demand: Demand; leaving: AbortController }[] = [];
          const outcomes: Promise<unknown>[] = [];
          for (const [client, step] of steps) {
            if (step === 'add') {
              const leaving = new AbortController();
              const demand = Demand.of(client, leaving.signal);
              demands.push({ demand, leaving });
              const work = async () => {
                const gate = newGate();
                gates.push(gate);
                await gate.opened;
              };
              outcomes.push(queue.run(work, demand).catch(() => undefined));
            }
            if (step === 'leave') demands[steps.length % (demands.length || 1)]?.leaving.abort();
            if (step === 'join') demands.at(-1)?.demand.join(client);
            if (step === 'end') gates.shift()?.open();
            await settle();
            expect(queue.running).toBeLessThanOrEqual(concurrency + 1);
            expect(queue.waiting).toBeLessThanOrEqual(5);
            // nobody waits while a place is free
            if (queue.running < concurrency) expect(queue.waiting).toBe(0);
          }
          while (queue.running > 0) {
            gates.shift()?.open();
            await settle();
          }
          await Promise.all(outcomes);
          expect([queue.running, queue.waiting]).toEqual([0, 0]);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('work that nobody waits for', () => {
  const watch = (queue: BoundedQueue) => {
    const began: string[] = [];
    const start = (name: string, demand: Demand) => {
      const gate = newGate();
      const done = queue.run(async () => {
        began.push(name);
        await gate.opened;
      }, demand);
      const end = async () => {
        gate.open();
        await done;
      };
      return { done, end };
    };
    return { began, start };
  };

  test('begins when nothing else runs or waits, one at a time, and takes no place', async () => {
    const queue = newQueue(1, 0);
    const { began, start } = watch(queue);
    const idle = [0, 1].map((index) => start(`idle ${index}`, Demand.of(nobody)));
    const busy = start('busy', Demand.of('a'));
    expect(began).toEqual(['idle 0', 'busy']);
    expect([queue.running, queue.waiting]).toEqual([1, 0]);
    await idle[0]?.end();
    expect(began).toEqual(['idle 0', 'busy']);
    await expect(queue.run(async () => undefined, Demand.of('a'))).rejects.toThrow('full');
    await busy.end();
    await idle[1]?.end();
    expect(began).toEqual(['idle 0', 'busy', 'idle 1']);
    expect([queue.running, queue.waiting]).toEqual([0, 0]);
  });

  test('does not begin before the clients that wait', async () => {
    const queue = newQueue(1, 10);
    const { began, start } = watch(queue);
    const first = start('first', Demand.of('a'));
    const idle = start('idle', Demand.of(nobody));
    const others = ['b', 'c'].map((client) => start(client, Demand.of(client)));
    for (const { end } of [first, ...others]) await end();
    await idle.end();
    expect(began.at(-1)).toBe('idle');
  });

  test('is the work of a client that comes to want it, at once if there is a place', async () => {
    const queue = newQueue(2, 10);
    const { began, start } = watch(queue);
    const busy = start('busy', Demand.of('a'));
    const demand = Demand.of(nobody);
    const wanted = start('wanted', demand);
    expect(began).toEqual(['busy']);
    demand.join('b');
    await Promise.resolve();
    await Promise.resolve();
    expect(began).toEqual(['busy', 'wanted']);
    expect(queue.running).toBe(2);
    await wanted.end();
    await busy.end();
    expect([queue.running, queue.waiting]).toEqual([0, 0]);
  });

  test('that is abandoned while it waits leaves the queue', async () => {
    const queue = newQueue(1, 0);
    const { began, start } = watch(queue);
    const busy = start('busy', Demand.of('a'));
    const leaving = new AbortController();
    const idle = start('idle', Demand.of(nobody, leaving.signal));
    leaving.abort(new Error('left'));
    await expect(idle.done).rejects.toThrow('left');
    await busy.end();
    expect(began).toEqual(['busy']);
  });
});
