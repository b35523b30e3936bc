import { expect, test } from 'vitest';
import { formatBytes } from '../../src/console/ui/format-bytes.js';

test.each([
  [0, '0 bytes'],
  [1, '1 byte'],
  [2, '2 bytes'],
  [999, '999 bytes'],
  [1_000, '1 kB'],
  [999_499, '999 kB'],
  [999_999, '1 MB'],
  [1_250_000, '1.3 MB'],
])('%i bytes are shown as %s', (bytes, shown) => {
  expect(formatBytes(bytes).replace('\u00a0', ' ')).toBe(shown);
});
