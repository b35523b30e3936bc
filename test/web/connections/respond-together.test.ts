import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { NodeServer } from '../../../src/web/connections/node-server.js';
import { respondTogether } from '../../../src/web/connections/respond-together.js';
import { defaultTimeouts } from '../../../src/web/connections/timeouts.js';

test('responses of a turn are written one right after the other at its end, and what follows them comes behind the last', async () => {
  const order: string[] = [];
  for (const name of ['a', 'b']) {
    respondTogether(() => {
      order.push(`write ${name}`);
      return () => order.push(`log ${name}`);
    });
  }
  respondTogether(() => void order.push('write c'));
  expect(order).toEqual([]);
  await nextTurn();
  expect(order).toEqual(['write a', 'write b', 'write c', 'log a', 'log b']);
  respondTogether(() => void order.push('write d'));
  await nextTurn();
  expect(order.at(-1)).toBe('write d');
});

test('a server that is closed in the same turn sends the response', async () => {
  const server = new NodeServer(
    defaultTimeouts,
    (_request, response) => {
      respondTogether(() => void response.writeHead(200).end('bytes'));
      server.close();
      return true;
    },
    () => undefined,
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => server.closeAllConnections());
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const response = await fetch(`http://127.0.0.1:${port}/`);
  expect([response.status, await response.text()]).toEqual([200, 'bytes']);
});
