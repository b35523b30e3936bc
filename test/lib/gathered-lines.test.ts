import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { GatheredLines } from '../../src/lib/gathered-lines.js';

let written: string[];
let lines: GatheredLines;

beforeEach(() => {
  vi.useFakeTimers();
  written = [];
  lines = new GatheredLines({ write: (text) => written.push(text) });
});
afterEach(() => void vi.useRealTimers());

test('lines of a tenth of a second are written at once, in their order', () => {
  lines.write('one\n');
  vi.advanceTimersByTime(60);
  lines.write('two\n');
  expect(written).toEqual([]);
  vi.advanceTimersByTime(40);
  expect(written).toEqual(['one\ntwo\n']);
  lines.write('three\n');
  vi.advanceTimersByTime(100);
  expect(written).toEqual(['one\ntwo\n', 'three\n']);
  expect(vi.getTimerCount()).toBe(0);
});

test('64 KiB do not wait', () => {
  const line = `${'x'.repeat(1_023)}\n`;
  for (let count = 0; count < 64; count += 1) lines.write(line);
  expect(written).toEqual([line.repeat(64)]);
  vi.advanceTimersByTime(1_000);
  expect(written).toHaveLength(1);
});

test('a flush writes what waits, and an empty one nothing', () => {
  lines.write('last\n');
  lines.flushSync();
  lines.flushSync();
  expect(written).toEqual(['last\n']);
});
