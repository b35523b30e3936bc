import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Credentials } from '../../src/domain/identity/api-key.js';
import { anonymousCaller, effectiveScopes } from '../../src/domain/identity/caller.js';
import { accountScopes, isAccountScope, type Scope, scopes } from '../../src/domain/identity/scope.js';
import { schema } from '../../src/graphql/schema.js';
import { openEventStream } from '../support/event-stream.js';
import type { GraphqlResponse } from '../support/graphql-client.js';
import { basic, bearer, makeKey, makeKeyOfEarlierVersion, makeRevokedKey, withWrongSecret } from '../support/keys.js';
import { newPhoto } from '../support/sample-images.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';
import { type AccessRow, accessRows, type World } from './access-rows.js';

let server: TestServer;
let folder: Awaited<ReturnType<typeof makeTempFolder>>;
let keys: Record<'owner' | 'stranger' | 'revoked', Credentials>;
const keysOfScopes = new Map<string, Promise<Credentials>>();

beforeAll(async () => {
  folder = await makeTempFolder();
  const presets = join(folder.path, 'presets.json');
  await writeFile(presets, JSON.stringify({ card: { size: '64x48' } }));
  server = await startTestServer({ AUTH: 'keys', FAILED_AUTHENTICATIONS_MAX: '0', PRESETS: presets });
  keys = {
    owner: await makeKey(server, { account: null, scopes }),
    stranger: await makeKeyOfEarlierVersion(server, { account: 'ffffffff-0000-4000-8000-000000000000', scopes }),
    revoked: await makeRevokedKey(server, { account: accountId, scopes: accountScopes }),
  };
});
afterAll(async () => {
  await server.close();
  await folder.remove();
});

/** A key with these scopes and no others: the account's own where one account's key can have them. */
const keyWith = (granted: readonly Scope[]): Promise<Credentials> => {
  const name = granted.join(' ');
  const key =
    keysOfScopes.get(name) ??
    makeKey(server, { account: granted.every(isAccountScope) ? accountId : null, scopes: granted });
  keysOfScopes.set(name, key);
  return key;
};

/** All scopes that do not imply this one. */
const scopesWithout = (missing: Scope): Scope[] =>
  scopes.filter((scope) => !effectiveScopes({ ...anonymousCaller, scopes: new Set([scope]) }).includes(missing));

/** The account's only webhook: it may have few. */
const newWebhook = async (): Promise<World['webhook']> => {
  const owner = bearer(keys.owner);
  const { data: before } = await server.query(
    'query($accountId: UUID!) { webhooks(accountId: $accountId) { nodes { id } } }',
    { accountId },
    owner,
  );
  for (const { id } of before.webhooks.nodes) {
    await server.query('mutation($id: ID!) { deleteWebhook(input: { id: $id }) { __typename } }', { id }, owner);
  }
  const { data } = await server.query(
    `mutation($input: CreateWebhookInput!) { createWebhook(input: $input) { ... on CreateWebhookPayload { webhook { id } } } }`,
    { input: { accountId, url: 'https://localhost/hook' } },
    owner,
  );
  return data.createWebhook.webhook;
};

let worlds = 0;
const createMetalImage = async (imageId: string): Promise<World['metalImage']> => {
  const { data } = await server.query(
    `mutation($input: CreateMetalImageInput!) {
      createMetalImage(input: $input) { ... on CreateMetalImagePayload { metalImage { id imageId } } ... on Error { message } } }`,
    { input: { imageId, url: 'https://images.example/os' } },
    bearer(keys.owner),
  );
  return data.createMetalImage.metalImage;
};

const newWorld = async (): Promise<World> => {
  worlds += 1;
  const machineId = `machine-${worlds}`;
  const metalImage = await createMetalImage(`used-1.0.${worlds}`);
  await server.query(
    'mutation($input: MetalImageUseInput!) { setMetalImageUse(input: $input) { __typename } }',
    { input: { machineId, imageId: metalImage.imageId } },
    bearer(keys.owner),
  );
  const { imageId: unusedMetalId } = await createMetalImage(`unused-1.0.${worlds}`);
  const { data } = await server.upload(
    'mutation($input: UploadImageInput!) { uploadImage(input: $input) { ... on UploadImagePayload { image { id imageId publicId } } } }',
    { input: { accountId, file: null } },
    { 'input.file': await newPhoto() },
    bearer(keys.owner),
  );
  await server.upload(
    'mutation($input: UploadAddressedImageInput!) { uploadAddressedImage(input: $input) { __typename } }',
    { input: { accountId, address: { type: 'USER', entityId: 'somebody' }, file: null } },
    { 'input.file': await newPhoto() },
    bearer(keys.owner),
  );
  return {
    accountId,
    image: data.uploadImage.image,
    metalImage,
    machineId,
    unusedMetalId,
    newMetalId: `new-1.0.${worlds}`,
    webhook: await newWebhook(),
    photo: await newPhoto(),
  };
};

/** The first result of a subscription: its refusal, or the change of an image or a metal image that is created for it. */
const trySubscription = async (
  document: string,
  variables: Record<string, unknown>,
  headers: Record<string, string>,
): Promise<GraphqlResponse<Record<string, never>>> => {
  const stream = await openEventStream(server, document, variables, headers);
  const first = stream.next();
  await newWorld();
  const result = await first;
  stream.close();
  if (!result) throw new Error('The stream ended without a word.');
  return { ...result, status: stream.status };
};

/** An error's code with the status of the answer, `null` for a result that is null, else `allowed`. */
const tryRow = async ({ document, variables, files }: AccessRow, headers: Record<string, string>): Promise<string> => {
  const world = await newWorld();
  const given = variables?.(world) ?? {};
  const { status, data, errors } = await (document.startsWith('subscription')
    ? trySubscription(document, given, headers)
    : files
      ? server.upload(document, given, files(world), headers)
      : server.query(document, given, headers));
  if (errors) return `${status} ${errors.map(({ extensions }) => extensions?.code).join()}`;
  const [result] = [data.result].flat();
  return result === null ? 'null' : (result.code ?? 'allowed');
};

test('every field of Query, Mutation and Subscription has a row', () => {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const fields = roots.flatMap((root) => Object.keys(root?.getFields() ?? {}).map((field) => `${root?.name}.${field}`));
  const covered = new Set(Object.keys(accessRows).map((name) => name.split(' ', 1)[0]));
  const bare = fields.filter((field) => !covered.has(field));
  expect(bare, 'Say in test/graphql/access-rows.ts who may use these fields').toEqual([]);
  const gone = [...covered].filter((name) => name !== undefined && !fields.includes(name));
  expect(gone, 'These rows of test/graphql/access-rows.ts are of no field').toEqual([]);
});

const refused = '401 UNAUTHENTICATED';
// an error outside of a union has the status 200, and an upload is refused with 403 before its body is read
const forbidden = /^(200 |403 )?FORBIDDEN$/;

describe.each(Object.entries(accessRows))('%s', (_name, row) => {
  const { scope, stranger } = row;

  test(`without a key is ${scope ? 'refused' : 'allowed'}`, async () => {
    expect(await tryRow(row, {})).toBe(scope ? refused : 'allowed');
  });

  test('with a wrong secret or a revoked key is refused', async () => {
    expect(await tryRow(row, bearer(withWrongSecret(keys.owner)))).toBe(refused);
    expect(await tryRow(row, basic(keys.revoked))).toBe(refused);
  });

  test(`with the key of another account: ${stranger}`, async () => {
    const outcome = await tryRow(row, bearer(keys.stranger));
    if (stranger === 'FORBIDDEN') expect(outcome).toMatch(forbidden);
    else expect(outcome).toBe(stranger);
  });

  if (scope) {
    test(`with every scope but ${scope} is forbidden`, async () => {
      const outcome = await tryRow(row, bearer(await keyWith(scopesWithout(scope))));
      expect(outcome).toMatch(forbidden);
    });
  }

  test(`with ${scope ?? 'any key'} is allowed`, async () => {
    expect(await tryRow(row, basic(await keyWith([scope ?? 'metal.view'])))).toBe('allowed');
  });
});
