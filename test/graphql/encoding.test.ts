import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { uploadImage } from '../support/image-operations.js';
import { newPhoto } from '../support/sample-images.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { multipartBody, multipartType } from './uploads/multipart-body.js';

let server: TestServer;
let id: string;
beforeAll(async () => {
  server = await startTestServer();
  id = (await uploadImage(server, await newPhoto(), { altText: 'before' })).id;
});
afterAll(() => server.close());

const altText = async () =>
  (await server.query('query($id: ID!) { image(by: { id: $id }) { metadata { altText } } }', { id })).data.image
    .metadata.altText;

/** é in Latin-1; a sequence that is cut off; a surrogate; too long a form of a slash. */
const notUtf8 = [
  ['Latin-1', [0xe9]],
  ['a cut sequence', [0xe2, 0x82]],
  ['a surrogate', [0xed, 0xa0, 0x80]],
  ['an overlong form', [0xc0, 0xaf]],
] as const;
const update = `mutation($id: ID!, $text: String) { updateImage(input: { id: $id, metadata: { altText: $text } }) { __typename ... on Error { message } } }`;
/** With the bytes in the place of `@`. */
const withBytes = (text: string, bytes: readonly number[]): Buffer => {
  const [head = '', tail = ''] = text.split('@');
  return Buffer.concat([Buffer.from(head), Buffer.from(bytes), Buffer.from(tail)]);
};

describe('text that is not UTF-8 is refused and not stored with replacements:', () => {
  const post = (body: Buffer, type: string) =>
    fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': type, 'apollo-require-preflight': '1', accept: 'application/graphql-response+json' },
      body: new Uint8Array(body),
    });
  const expectRefused = async (response: Response) => {
    const { errors } = (await response.json()) as { errors: { message: string; extensions: { code: string } }[] };
    expect([response.status, errors[0]?.extensions.code]).toEqual([400, 'BAD_REQUEST']);
    expect(errors[0]?.message).toContain('valid UTF-8');
    expect(await altText()).toBe('before');
  };
  const inVariables = JSON.stringify({ query: update, variables: { id: '$', text: '@' } });
  const inLiteral = JSON.stringify({
    query: `mutation { updateImage(input: { id: "$", metadata: { altText: "@" } }) { __typename } }`,
  });

  test.each(notUtf8)('%s in JSON', async (_case, bytes) => {
    for (const body of [inVariables, inLiteral]) {
      await expectRefused(await post(withBytes(body.replace('$', id), bytes), 'application/json'));
      await expectRefused(await post(withBytes(body.replace('$', id), bytes), 'application/json; charset=iso-8859-1'));
    }
  });

  test.each(notUtf8)('%s in a form and in a URL', async (_case, bytes) => {
    const escapes = bytes.map((byte) => `%${byte.toString(16)}`).join('');
    const variables = encodeURIComponent(JSON.stringify({ id, text: '@' })).replace('%40', escapes);
    const form = `query=${encodeURIComponent(update)}&variables=${variables}`;
    await expectRefused(await post(Buffer.from(form), 'application/x-www-form-urlencoded'));
    await expectRefused(await post(withBytes(`query=@`, bytes), 'application/x-www-form-urlencoded'));
    await expectRefused(await fetch(`${server.url}/graphql?query={__typename}&variables=${variables}`));
  });

  test.each(notUtf8)('%s in operations and in map, whatever charset the part claims', async (_case, bytes) => {
    const operations = withBytes(inVariables.replace('$', id), bytes);
    const fine = JSON.stringify({ query: '{ __typename }', variables: { file: null } });
    for (const type of ['', 'application/json', 'application/json; charset=utf-8', 'text/plain; charset=iso-8859-1']) {
      const part = type ? { type } : {};
      const parts = [
        { name: 'operations', body: operations, ...part },
        { name: 'map', body: '{}' },
      ];
      await expectRefused(await post(multipartBody(parts), multipartType));
      const map = withBytes('{"@":["variables.file"]}', bytes);
      await expectRefused(
        await post(
          multipartBody([
            { name: 'operations', body: fine },
            { name: 'map', body: map, ...part },
          ]),
          multipartType,
        ),
      );
    }
  });

  test('a lone surrogate in an escape of JSON', async () => {
    const body = JSON.stringify({ query: update, variables: { id, text: '@' } }).replace('@', '\\ud83d');
    const response = await post(Buffer.from(body), 'application/json');
    expect(await response.json()).toMatchObject({ data: { updateImage: { __typename: 'InvalidInputError' } } });
    expect(await altText()).toBe('before');
  });

  test('while text beyond ASCII is stored as it is, by every way', async () => {
    const text = 'é \u{1f41e} \ufffd';
    for (const send of [() => server.query(update, { id, text }), () => server.upload(update, { id, text }, {})]) {
      expect(await send()).toMatchObject({ status: 200, data: { updateImage: { __typename: 'UpdateImagePayload' } } });
      expect(await altText()).toBe(text);
      await server.query(update, { id, text: 'before' });
    }
  });
});

describe('headers are read as RFC 9110 has them', () => {
  const query = JSON.stringify({ query: '{ __typename }' });
  const ask = (headers: Record<string, string>) =>
    fetch(`${server.url}/graphql`, { method: 'POST', headers, body: query });

  test.each([
    'Application/JSON',
    'APPLICATION/JSON; CHARSET=UTF-8',
    'application/json ; charset=utf-8',
    'application/graphql+json',
  ])('a Content-Type of %s', async (type) => {
    const response = await ask({ 'content-type': type });
    expect([response.status, await response.json()]).toEqual([200, { data: { __typename: 'Query' } }]);
  });

  test('a Content-Type of a form in capitals', async () => {
    const headers = {
      'apollo-require-preflight': '1',
      'content-type': multipartType.replace('multipart/form-data', 'Multipart/Form-Data'),
    };
    const body = multipartBody([
      { name: 'operations', body: query },
      { name: 'map', body: '{}' },
    ]);
    const response = await fetch(`${server.url}/graphql`, { method: 'POST', headers, body: new Uint8Array(body) });
    expect([response.status, await response.json()]).toEqual([200, { data: { __typename: 'Query' } }]);
  });

  const json = 'application/json';
  const newer = 'application/graphql-response+json';
  test.each([
    [`${newer};q=0.5, ${json}`, json],
    [`${newer}, ${json};q=0.9`, newer],
    [`${json};q=0.9, ${newer}`, newer],
    [`${json}; Q=0.1, ${newer}; q=0.2`, newer],
    [`${json};q=0, ${newer}`, newer],
    [`${newer};q=0, */*`, json],
    [`${json};q=0, */*;q=0.1`, newer],
    [`${newer};q=0.8, ${json};q=0.8`, newer],
    [`${json};q=0.8, ${newer};q=0.8`, json],
    [`APPLICATION/JSON;q=0.9, ${newer};q=0.1`, json],
    [`text/html, ${newer};q=0.3, */*;q=0.1`, newer],
    ['*/*;q=0.5', json],
    [json, json],
    [newer, newer],
    ['*/*', json],
  ])('an Accept of %s gives %s', async (accept, type) => {
    const response = await ask({ 'content-type': json, accept });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, `${type}; charset=utf-8`]);
  });

  test.each([`${json};q=0, ${newer};q=0`, 'text/html;q=0.5', '*/*;q=0'])('an Accept of %s is 406', async (accept) => {
    expect((await ask({ 'content-type': json, accept })).status).toBe(406);
  });
});
