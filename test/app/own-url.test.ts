import { expect, test } from 'vitest';
import { ownUrl } from '../../src/app/start-message.js';

test.each([
  ['127.0.0.1', 'http://127.0.0.1:4000'],
  ['localhost', 'http://localhost:4000'],
  ['images.example.com', 'http://images.example.com:4000'],
  ['::1', 'http://[::1]:4000'],
  ['0.0.0.0', 'http://localhost:4000'],
  ['::', 'http://localhost:4000'],
])('a server that listens at %s is reached at %s', (address, url) => {
  expect(ownUrl(address, 4000)).toBe(url);
});
