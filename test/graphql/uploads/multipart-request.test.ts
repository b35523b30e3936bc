import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { file, map, multipartBody, multipartType, operations, type Part, uploadMutation } from './multipart-body.js';
import { startUploadServer, type UploadServer } from './upload-server.js';

let server: UploadServer;
beforeAll(async () => {
  server = await startUploadServer();
});
afterAll(() => server.close());
afterEach(async () => expect(await server.spool.files()).toEqual([]));

const preflight = { 'apollo-require-preflight': 'true' };

async function post(body: BodyInit, headers: Record<string, string> = {}) {
  const response = await fetch(server.url, { method: 'POST', body, headers: { ...preflight, ...headers } });
  return { status: response.status, type: response.headers.get('content-type'), body: await response.json() };
}

const send = (parts: readonly Part[], end?: string) =>
  post(new Uint8Array(multipartBody(parts, end)), { 'content-type': multipartType });

function form(operations: unknown, map: unknown, files: Record<string, Blob>): FormData {
  const data = new FormData();
  data.append('operations', JSON.stringify(operations));
  data.append('map', JSON.stringify(map));
  for (const [name, blob] of Object.entries(files)) data.append(name, blob, 'cat.png');
  return data;
}

describe('an upload', () => {
  it('reaches the resolver as a spooled file that is hashed, and leaves nothing behind', async () => {
    const { status, body } = await send([operations(), map(), file()]);
    expect(status).toBe(200);
    expect(body.data.upload).toEqual({
      byteSize: 5,
      sha256: createHash('sha256').update('bytes').digest('hex'),
      tooLarge: false,
      fileName: 'cat.png',
      declaredType: 'image/png',
      spooled: true,
    });
  });

  it.each(['0', '1'])('is taken in the wire form of Apollo and urql, with the key %s', async (key) => {
    const data = form(
      { query: uploadMutation, variables: { file: null } },
      { [key]: ['variables.file'] },
      {
        [key]: new Blob(['bytes'], { type: 'image/png' }),
      },
    );
    expect((await post(data)).body.data.upload.byteSize).toBe(5);
  });

  it('takes several files, in a list, in whatever order they come', async () => {
    const query = 'mutation ($files: [File!]!) { uploadAll(files: $files) { byteSize } }';
    const { body } = await send([
      operations({ query, variables: { files: [null, null] } }),
      map({ a: ['variables.files.0'], b: ['variables.files.1'] }),
      file('b', 'twelve bytes'),
      file('a', 'x'),
    ]);
    expect(body.data.uploadAll).toEqual([{ byteSize: 1 }, { byteSize: 12 }]);
  });

  it('may be used at several places', async () => {
    const query = 'mutation ($a: File!, $b: File!) { sameFile(one: $a, other: $b) }';
    const { body } = await send([
      operations({ query, variables: { a: null, b: null } }),
      map({ 0: ['variables.a', 'variables.b'] }),
      file(),
    ]);
    expect(body.data.sameFile).toBe(true);
  });

  it.each<[string, Partial<Part>, string | null]>([
    ['in UTF-8', { fileName: 'Käse 🧀.png' }, 'Käse 🧀.png'],
    ['by filename*', { disposition: `form-data; name="0"; filename*=UTF-8''K%C3%A4se.png` }, 'Käse.png'],
    ['with a path', { fileName: '..\\..\\etc/passwd' }, 'passwd'],
    ['that reads backwards', { fileName: 'a\u202egnp.exe' }, 'agnp.exe'],
    ['that is too long', { fileName: 'x'.repeat(300) }, 'x'.repeat(255)],
    ['that is empty', { fileName: '' }, null],
  ])('keeps a name %s only for display', async (_case, part, fileName) => {
    const { fileName: _own, ...bare } = file();
    const { body } = await send([operations(), map(), { ...bare, ...part }]);
    expect(body.data.upload.fileName).toBe(fileName);
  });

  it.each(['application/octet-stream', 'image/png'])('needs no filename when its type is %s', async (type) => {
    const { body } = await send([operations(), map(), { name: '0', body: 'bytes', type }]);
    expect(body.data.upload).toMatchObject({ byteSize: 5, fileName: null, declaredType: type });
  });

  it('is removed when the resolver fails', async () => {
    const query = 'mutation ($file: File!) { fail(file: $file) { byteSize } }';
    const { body } = await send([operations({ query, variables: { file: null } }), map(), file()]);
    expect(body.errors[0].message).toBe('Unexpected error.');
  });

  it('is removed when the document is invalid', async () => {
    const { body } = await send([operations({ query: '{ nothing }', variables: { file: null } }), map(), file()]);
    expect(body.errors[0].message).toContain('nothing');
  });

  it('never shows its temporary path in an error', async () => {
    const query = 'mutation ($file: String!) { echo(text: $file) }';
    const { body } = await send([operations({ query, variables: { file: null } }), map(), file()]);
    expect(body.errors[0].message).toContain('invalid value uploaded file cat.png');
    expect(JSON.stringify(body)).not.toContain('/tmp');
  });
});

it('accepts a request without files', async () => {
  expect((await send([operations({ query: '{ hello }' }), map({})])).body).toEqual({ data: { hello: 'world' } });
});

describe('a malformed request is 400 and names the fault and what is accepted:', () => {
  it.each<[string, Part[], string]>([
    ['no parts', [], '"operations" is missing'],
    ['no operations', [map(), file()], '"map" came before "operations"'],
    ['no map', [operations()], '"map" is missing'],
    ['no map before a file', [operations(), file()], 'The file "0" came before "operations" and "map"'],
    ['a file first', [file(), operations(), map()], 'The file "0" came before "operations" and "map"'],
    ['map before operations', [map(), operations(), file()], '"map" came before "operations"'],
    ['operations twice', [operations(), operations(), map(), file()], '"operations" came twice'],
    ['map twice', [operations(), map(), map(), file()], '"map" came twice'],
    ['operations as a file', [{ ...operations(), fileName: 'blob' }, map(), file()], '"operations" is sent as a file'],
    ['operations that are not JSON', [operations('{'), map(), file()], '"operations" is not valid JSON'],
    ['a map that is not JSON', [operations(), map('{'), file()], '"map" is not valid JSON'],
    ['a batch', [operations([{ query: uploadMutation }]), map(), file()], 'batching is off'],
    ['a file that is missing', [operations(), map()], '"map" names the file "0", which is missing'],
    ['a file that nobody maps', [operations(), map(), file('1')], '"map" does not name the file "1"'],
    ['a file that comes twice', [operations(), map(), file(), file()], 'The file "0" was sent twice'],
    ['a text where a file belongs', [operations(), map(), { name: '0', body: 'bytes' }], '"0" is a text field'],
    ['an unknown field', [operations(), map(), { name: 'x', body: '' }, file()], 'The form field "x" is not known'],
    ['a field without a name', [operations(), map(), { body: '' }], 'The form field "" is not known'],
    [
      'a part that is no form field',
      [operations(), map(), { body: '', disposition: 'inline' }],
      '"0", which is missing',
    ],
    ['too many parts', Array(13).fill({ body: '', disposition: 'inline' }), 'too many parts'],
  ])('%s', async (_case, parts, message) => {
    const { status, body } = await send(parts);
    expect(body.errors[0].message).toContain(message);
    expect(body.errors[0].extensions).toEqual({ code: 'BAD_REQUEST' });
    expect(status).toBe(400);
  });

  it('no boundary', async () => {
    const { status, body } = await post('x', { 'content-type': 'multipart/form-data' });
    expect(status).toBe(400);
    expect(body.errors[0].message).toContain('no boundary');
  });

  it.each([
    ['inside a file', [operations(), map(), file()], ''],
    ['inside a part header', [operations(), map()], '--the-boundary\r\nContent-Dis'],
    ['before the first boundary', [], ''],
    ['inside operations', [operations()], ''],
  ])('a body that is cut short %s', async (_case, parts, end) => {
    const { status, body } = await send(parts, end);
    expect(status).toBe(400);
    expect(body.errors[0].message).toContain('closing boundary is missing');
  });

  it('more files than a request takes, before one of them is spooled', async () => {
    const begun = server.spool.begun;
    const fields = Array.from({ length: 11 }, (_, index) => String(index));
    const { status, body } = await send([
      operations({ query: '{ hello }', variables: { files: fields.map(() => null) } }),
      map(Object.fromEntries(fields.map((field) => [field, [`variables.files.${field}`]]))),
      ...fields.map((field) => file(field)),
    ]);
    expect(status).toBe(400);
    expect(body.errors[0].message).toBe('"map" names 11 files. A request has at most 10.');
    expect(server.spool.begun).toBe(begun);
  });

  it.each([
    ['*/*', 'application/json'],
    ['text/html', 'application/json'],
    ['text/event-stream', 'application/json'],
    ['application/json', 'application/json'],
    ['application/graphql-response+json, application/json', 'application/graphql-response+json'],
  ])('as JSON for Accept: %s', async (accept, type) => {
    const answer = await post(new Uint8Array(multipartBody([])), { 'content-type': multipartType, accept });
    expect(answer).toMatchObject({ status: 400, type: `${type}; charset=utf-8` });
  });

  it.each([
    ['in the variables', { query: uploadMutation, variables: { file: 'a string' } }],
    ['in the document', { query: 'mutation { upload(file: "a string") { byteSize } }' }],
  ])('a string for a File %s', async (_case, operations) => {
    const { status, body } = await post(JSON.stringify(operations), {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json',
    });
    expect(status).toBe(400);
    expect(body.errors[0].message).toContain('Send the file as a part of a multipart request');
    expect(body.errors[0].locations).toHaveLength(1);
  });
});

it('leaves JSON requests and other methods to Yoga', async () => {
  const json = await post(JSON.stringify({ query: '{ hello }' }), { 'content-type': 'application/json' });
  expect(json.body).toEqual({ data: { hello: 'world' } });
  const get = await fetch(`${server.url}?query=${encodeURIComponent('{ hello }')}`, {
    headers: { 'content-type': multipartType },
  });
  expect(await get.json()).toEqual({ data: { hello: 'world' } });
});
