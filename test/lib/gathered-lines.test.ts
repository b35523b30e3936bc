import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { GatheredLines } from '../../src/lib/gathered-lines.js';

let written: string[];
let lines: GatheredLines;

beforeEach(() => {
  vi.useFakeTimers();
  written = [];
  lines = new GatheredLines({ write: (bytes) => written.push(bytes.toString()) });
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

test('every character arrives, also of lines that are longer than what is gathered', () => {
  const texts = ['é€😀\n', `${'x'.repeat(60_000)}\n`, `${'€'.repeat(20_000)}\n`, `${'😀'.repeat(60_000)}\n`, 'last\n'];
  for (const text of texts) lines.write(text);
  lines.flushSync();
  expect(written.join('')).toBe(texts.join(''));
});

test('what was handed on stays as it was', () => {
  const kept: Buffer[] = [];
  const own = new GatheredLines({ write: (bytes) => kept.push(bytes) });
  own.write('one\n');
  own.flushSync();
  own.write('two\n');
  own.flushSync();
  expect(kept.map(String)).toEqual(['one\n', 'two\n']);
});
