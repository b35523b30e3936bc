import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../support/test-server.js';
import { failure, type MetalClient, openMetalClient, outcome } from './metal-client.js';

let server: TestServer;
let metal: MetalClient;
beforeAll(async () => {
  server = await startTestServer();
  metal = await openMetalClient(server);
});
afterAll(() => server.close());

const url = 'https://images.example/x';
let count = 0;
const freshId = () => {
  count += 1;
  return `fresh-${count}`;
};

describe('a body is read as Go reads it', () => {
  test.each([
    ['keys in any case', (id: string) => `{"ID":"${id}","Url":"${url}","NAME":"n"}`],
    ['the last of keys that mean the same', (id: string) => `{"name":"x","id":"${id}","url":"${url}","Name":"n"}`],
    ['a null that does not undo what was said', (id: string) => `{"name":"n","id":"${id}","url":"${url}","NAME":null}`],
    ['what follows the first value', (id: string) => `{"id":"${id}","url":"${url}","name":"n"} {"id":"x"} and so on`],
    ['what is not known', (id: string) => `{"id":"${id}","url":"${url}","name":"n","x":{"y":["}\\"]"]},"__proto__":1}`],
    ['space before it', (id: string) => ` \r\n\t{"id":"${id}","url":"${url}","name":"n"}`],
  ])('with %s', async (_case, bodyFor) => {
    const id = freshId();
    const { status, body } = await metal.call('PUT', '', bodyFor(id));
    expect([status, body.id, body.url, body.name]).toEqual([201, id, url, 'n']);
  });

  test.each([
    ['application/json; charset=utf-8', 201],
    ['APPLICATION/JSON', 201],
    ['text/plain', 415],
    ['application/x-www-form-urlencoded', 415],
    ['application/jsonx', 415],
    ['', 415],
  ])('of the Content-Type %j: %i', async (type, status) => {
    const body = new TextEncoder().encode(JSON.stringify({ id: freshId(), url }));
    const init = { method: 'PUT', headers: type ? { 'content-type': type } : {}, body };
    const response = await fetch(`${server.url}/metal/v1/image`, init);
    expect(response.status).toBe(status);
    if (status === 415)
      expect(await response.json()).toEqual({ statuscode: 415, message: '415: Unsupported Media Type' });
  });

  test('an empty one needs no Content-Type to be refused as empty', async () => {
    for (const method of ['PUT', 'POST']) {
      const response = await fetch(`${server.url}/metal/v1/image`, { method });
      expect([response.status, await response.json()]).toEqual(failure(400, 'EOF'));
    }
  });
});

test.each([
  ['', 'EOF'],
  [' \n', 'EOF'],
  ['{', 'unexpected EOF'],
  ['{"id":"', 'unexpected EOF'],
  ['{"id":"x\\', 'unexpected EOF'],
  ['{"id" "x"}', expect.stringContaining('JSON')],
  ['x', expect.stringContaining('JSON')],
  ['}', expect.stringContaining('JSON')],
  ['\ufeff', expect.any(String)],
  ['1', expect.stringContaining('cannot unmarshal number into Go value')],
  ['true', expect.stringContaining('cannot unmarshal bool into Go value')],
  ['"x"', expect.stringContaining('cannot unmarshal string into Go value')],
  ['[]', expect.stringContaining('cannot unmarshal array into Go value')],
  ['{"id":5}', expect.stringMatching(/cannot unmarshal number into Go struct field \w+\.id of type string/)],
  ['{"NAME":{}}', expect.stringMatching(/cannot unmarshal object into Go struct field \w+\.name of type string/)],
  ['{"features":"x"}', expect.stringMatching(/string into Go struct field \w+\.features of type \[\]string/)],
  ['{"features":[5]}', expect.stringMatching(/number into Go struct field \w+\.features of type string/)],
  ['{"features":[[]]}', expect.stringMatching(/array into Go struct field \w+\.features of type string/)],
  ['{"classification":false}', expect.stringMatching(/bool into Go struct field \w+\.classification of type string/)],
])('%j is 400 for each operation that accepts a body', async (text, message) => {
  for (const [method, path] of [
    ['PUT', ''],
    ['POST', ''],
    ['POST', '/find'],
  ] as const) {
    expect(outcome(await metal.call(method, path, text))).toEqual(failure(400, message));
  }
});

test('null is an object without members', async () => {
  expect(outcome(await metal.call('PUT', '', 'null'))).toEqual(failure(400, 'id should not be empty'));
  expect((await metal.call('POST', '/find', 'null')).status).toBe(200);
});

test('a null among features is an empty one', async () => {
  const { body } = await metal.call('PUT', '', { id: freshId(), url, features: [null] });
  expect(body.message).toBe('unknown ImageFeatureType:');
});

describe('a date', () => {
  test.each([
    ['2030-01-01T00:00:00Z', '2030-01-01T00:00:00Z'],
    ['2030-01-01T00:00:00.120Z', '2030-01-01T00:00:00.12Z'],
    ['2030-01-01T00:00:00.123456789Z', '2030-01-01T00:00:00.123Z'],
    ['2030-01-01T00:00:00+02:00', '2029-12-31T22:00:00Z'],
    ['2030-01-01T10:20:30.100-00:30', '2030-01-01T10:50:30.1Z'],
    ['2028-02-29T00:00:00Z', '2028-02-29T00:00:00Z'],
    ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59Z'],
  ])('%s is returned as %s', async (expirationDate, expected) => {
    expect((await metal.create(freshId(), { expirationDate })).body.expirationDate).toBe(expected);
  });

  const layout = '"2006-01-02T15:04:05Z07:00"';
  test.each([
    // what metal-python makes of a datetime without a zone
    ['2030-01-01T00:00:00', ` as ${layout}: cannot parse "" as "Z07:00"`],
    ['2030-01-01T00:00:00.000000', ` as ${layout}: cannot parse "" as "Z07:00"`],
    ['', ` as ${layout}: cannot parse "" as "2006"`],
    ['tomorrow', ` as ${layout}: cannot parse "tomorrow" as "2006"`],
    ['2030-01-01', ` as ${layout}: cannot parse "" as "T"`],
    ['2030-01-01 00:00:00Z', ` as ${layout}: cannot parse " 00:00:00Z" as "T"`],
    ['2030-01-01T00:00:00z', ` as ${layout}: cannot parse "z" as "Z07:00"`],
    ['2030-01-01T00:00:00+0200', ` as ${layout}: cannot parse "+0200" as "Z07:00"`],
    ['2030-13-01T00:00:00Z', ': month out of range'],
    ['2030-02-30T00:00:00Z', ': day out of range'],
    ['2030-01-01T24:00:00Z', ': hour out of range'],
    ['2030-01-01T00:60:00Z', ': minute out of range'],
    ['2030-01-01T00:00:60Z', ': second out of range'],
    ['2030-01-01T00:00:00Z!', ': extra text: "!"'],
    ['9999-12-31T23:59:59-01:00', ': year outside of range [1,9999]'],
    ['0000-12-31T23:59:59Z', ': year outside of range [1,9999]'],
    ['0001-01-01T00:00:00+01:00', ': year outside of range [1,9999]'],
  ])('%j is 400 in the words of Go', async (expirationDate, why) => {
    const expected = failure(400, `parsing time ${JSON.stringify(expirationDate)}${why}`);
    expect(outcome(await metal.create(freshId(), { expirationDate }))).toEqual(expected);
    expect(outcome(await metal.call('POST', '', { id: 'fresh-1', expirationDate }))).toEqual(expected);
  });
});

test('an answer is written as Go writes it: indented, safe within HTML, with the type of JSON alone', async () => {
  const id = freshId();
  const { body, text, headers } = await metal.create(id, { name: '<b>&\u2028', features: ['machine'] });
  expect(headers.get('content-type')).toBe('application/json');
  expect(text).toBe(
    `{
 "id": "${id}",
 "name": "\\u003cb\\u003e\\u0026\\u2028",
 "description": "",
 "url": "${body.url}",
 "features": [
  "machine"
 ],
 "expirationDate": "${body.expirationDate}",
 "classification": "preview",
 "usedby": null,
 "changed": "${body.changed}",
 "created": "${body.created}"
}`,
  );
  expect((await metal.call('POST', '/find', { id: 'none' })).text).toBe('[]');
  expect((await metal.call('GET', '/none')).text).toBe(`{
 "statuscode": 404,
 "message": "NotFound no image with id \\"none\\" found"
}`);
});
