import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { UnauthenticatedError } from '../../../src/domain/errors.js';
import { type Authenticate, openCaller } from '../../../src/domain/identity/caller.js';
import { open, responseOn } from '../../graphql/uploads/raw-request.js';
import { plainPng } from '../../support/sample-images.js';
import { accountId } from '../../support/test-server.js';
import { openMoovClient } from './moov-client.js';
import { type MoovScope, startMoovScope } from './moov-scope.js';

/** test/http/access.test.ts proves who may use which route; this is about when they are refused. */
let scope: MoovScope;
beforeAll(async () => {
  const authenticate: Authenticate = async (authorization) => {
    if (!authorization) return openCaller;
    if (authorization === 'reader') return { ...openCaller, scopes: new Set(['images.read'] as const) };
    throw new UnauthenticatedError('The key is unknown.');
  };
  scope = await startMoovScope({ authenticate });
});
afterAll(() => scope.close());

const photo = (shade: number) => plainPng({ width: 9, height: 9 }, [1, 2, shade]);

test.each([
  ['an unknown key', 'nobody', 401, 'The key is unknown.'],
  ['a key that may only read', 'reader', 401, 'images.write'],
])('%s is refused before a byte of the body is read', async (_case, authorization, status, message) => {
  const socket = await open(scope.port);
  const response = responseOn(socket);
  // the whole of the body never comes
  socket.write(
    `POST /accounts/${accountId}/images HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\n` +
      'Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 9999\r\n\r\n',
  );
  const text = await response;
  expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(text).toContain(message);
  expect(text).toContain('www-authenticate: Basic');
  expect(scope.spool.begun).toBe(0);
  socket.destroy();
});

test('an image is reached only by the account that has it, also with a key for all accounts', async () => {
  const owner = await openMoovClient(scope);
  const { body } = await owner.send('POST', '', { image: await photo(3) });
  const elsewhere = await openMoovClient(scope, randomUUID());
  for (const response of [
    await elsewhere.call('GET', `/${body.imageID}`),
    await elsewhere.call('PATCH', `/${body.imageID}`),
    await elsewhere.send('PUT', `/${body.imageID}`, { image: await photo(4) }),
    await elsewhere.call('DELETE', `/${body.imageID}`),
  ]) {
    expect(response.status).toBe(404);
  }
  expect((await owner.call('GET', `/${body.imageID}`)).body).toEqual(body);
});
