import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import type { Caller, Scope } from '../../../src/domain/caller.js';
import { ForbiddenError } from '../../../src/domain/errors.js';
import type { AccountId } from '../../../src/domain/image.js';
import { answerOn, open } from '../../graphql/uploads/raw-request.js';
import { plainPng } from '../../support/pictures.js';
import { accountId } from '../../support/test-server.js';
import { openMoovClient } from './moov-client.js';
import { type MoovScope, startMoovScope } from './moov-scope.js';

let scope: MoovScope;
afterEach(() => scope.close());

const start = async (callerOf: () => Promise<Caller>) => {
  scope = await startMoovScope({ callerOf });
  return openMoovClient(scope);
};
const callerWith = (scopes: readonly Scope[], account: string | null = accountId): Caller => ({
  accountId: account as AccountId | null,
  scopes: new Set(scopes),
});
const picture = () => plainPng({ width: 9, height: 9 }, [1, 2, 3]);

describe('who asks', () => {
  test('is known before a byte of the body is read', async () => {
    await start(async () => {
      throw new ForbiddenError('This key is not good.');
    });
    const socket = await open(scope.port);
    const answer = answerOn(socket);
    // the whole of the body never comes
    socket.write(
      `POST /accounts/${accountId}/images HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 9999\r\n\r\n`,
    );
    expect(await answer).toMatch(/^HTTP\/1\.1 403 .*\{"error":"This key is not good\."\}/s);
    expect(scope.spool.begun).toBe(0);
    socket.destroy();
  });

  test('has to have the scope of the operation, or nothing is spooled', async () => {
    const reader = await start(async () => callerWith(['images.read']));
    expect((await reader.call('GET', '')).status).toBe(200);
    for (const answer of [
      await reader.send('POST', '', { image: await picture() }),
      await reader.send('PUT', `/${randomUUID()}`, { image: await picture() }),
      await reader.send('PATCH', `/${randomUUID()}`, { image: await picture() }),
      await reader.call('DELETE', `/${randomUUID()}`),
    ]) {
      expect([answer.status, answer.body]).toEqual([403, { error: expect.stringContaining('images.write') }]);
    }
    expect(scope.spool.begun).toBe(0);
  });

  test('sees nothing of an account that the key is not for', async () => {
    await start(async () => callerWith(['images.read', 'images.write']));
    const other = await openMoovClient(scope, randomUUID());
    expect((await other.call('GET', '')).status).toBe(403);
    expect((await other.send('POST', '', { image: await picture() })).status).toBe(403);
  });

  test('reaches an image only by the account that has it, also with a key for all accounts', async () => {
    const everywhere = await start(async () => callerWith(['images.read', 'images.write'], null));
    const { body } = await everywhere.send('POST', '', { image: await picture() });
    const elsewhere = await openMoovClient(scope, randomUUID());
    for (const answer of [
      await elsewhere.call('GET', `/${body.imageID}`),
      await elsewhere.call('PATCH', `/${body.imageID}`),
      await elsewhere.send('PUT', `/${body.imageID}`, { image: await plainPng({ width: 8, height: 8 }, [9, 9, 9]) }),
      await elsewhere.call('DELETE', `/${body.imageID}`),
    ]) {
      expect(answer.status).toBe(404);
    }
    expect((await everywhere.call('GET', `/${body.imageID}`)).body).toEqual(body);
  });
});
