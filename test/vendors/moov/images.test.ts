import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gifFile, gifFrame } from '../../fixtures/gif-file.js';
import { changeImage, uploadImage } from '../../support/image-operations.js';
import { newPhoto, photoJpeg, photoPng, photoWebp } from '../../support/sample-images.js';
import { accountId, startTestServer, type TestServer } from '../../support/test-server.js';
import { type MoovClient, openMoovClient } from './moov-client.js';

let server: TestServer;
let moov: MoovClient;
beforeAll(async () => {
  server = await startTestServer();
  moov = await openMoovClient(server);
});
afterAll(() => server.close());

const upload = async (metadata?: object) =>
  (
    await moov.send('POST', '', {
      image: await newPhoto(),
      ...(metadata ? { metadata: JSON.stringify(metadata) } : {}),
    })
  ).body;

const timestamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

describe('upload', () => {
  test.each([
    ['JPEG', photoJpeg],
    ['PNG', photoPng],
    ['WebP', photoWebp],
  ])('a %s returns 201 with the complete metadata, and nothing that is absent', async (_format, photo) => {
    const { status, headers, body } = await moov.send('POST', '', { image: await photo() });
    expect(status).toBe(201);
    expect(headers.get('content-type')).toMatch(/^application\/json/);
    expect(body).toEqual({
      imageID: expect.stringMatching(/^[0-9a-f-]{36}$/),
      publicID: expect.stringMatching(/^[A-Za-z0-9]{21}$/),
      link: `${server.url}/images/${body.publicID}`,
      createdOn: timestamp,
      updatedOn: body.createdOn,
    });
    expect((await fetch(`${body.link}?size=40x0`)).status).toBe(200);
  });

  test('keeps the alternative text as it is sent', async () => {
    expect(await upload({ altText: 'Ein Käfer 🐞' })).toMatchObject({ altText: 'Ein Käfer 🐞' });
    expect(await upload({})).not.toHaveProperty('altText');
  });

  test('texts in other languages are not shown, and stay when the metadata are changed, replaced or cleared', async () => {
    const altTexts = [{ locale: 'de', text: 'Ein Reiher' }];
    const image = await uploadImage(server, await newPhoto(), { altText: 'A heron', altTexts });
    const texts = async () => {
      const { data } = await server.query(
        `query($id: ID!) { image(by: { id: $id }) { metadata { altTexts { locale text } } } }`,
        { id: image.id },
      );
      return data.image.metadata.altTexts;
    };
    const path = `/${image.imageId}`;
    expect((await moov.call('GET', path)).body.altText).toBe('A heron');
    await moov.send('PATCH', path, { metadata: JSON.stringify({ altText: 'A stork' }) });
    expect(await texts()).toEqual([{ locale: 'en', text: 'A stork' }, ...altTexts]);
    const body = JSON.stringify({ altText: 'A crane' });
    const replaced = await fetch(`${server.url}/accounts/${accountId}/images${path}/metadata`, {
      ...{ method: 'PUT', body, headers: { 'content-type': 'application/json' } },
    });
    expect(await replaced.json()).toMatchObject({ altText: 'A crane' });
    expect(await texts()).toEqual([{ locale: 'en', text: 'A crane' }, ...altTexts]);
    await moov.send('PUT', path, { image: await newPhoto(), metadata: '{}' });
    expect(await texts()).toEqual(altTexts);
  });

  test('the bytes of an image with an address, as Glean uploads it, are no duplicate', async () => {
    const photo = await newPhoto();
    const path = '/rest/api/v1/uploadimage?type=UGC&id=moov';
    const glean = await startTestServer({ GLEAN_ACCOUNT_ID: accountId });
    const client = await openMoovClient(glean);
    await fetch(glean.url + path, { method: 'POST', body: new Uint8Array(photo) });
    expect((await client.send('POST', '', { image: photo })).status).toBe(201);
    expect((await client.send('POST', '', { image: photo })).status).toBe(409);
    await glean.close();
  });

  test('the same bytes again are 409 with the reason, and only in the same account', async () => {
    const image = await newPhoto();
    await moov.send('POST', '', { image });
    const again = await moov.send('POST', '', { image });
    expect(again.status).toBe(409);
    expect(again.body).toEqual({ error: expect.stringContaining('already has this image') });
    const other = await openMoovClient(server, randomUUID());
    expect((await other.send('POST', '', { image })).status).toBe(201);
  });

  test.each([
    ['is missing', {}, /required/],
    ['is not an image', { image: Buffer.from('plain words') }, /PNG, JPEG and WebP/],
    [
      'is a GIF',
      { image: gifFile({ width: 1, height: 1 }, gifFrame({ width: 1, height: 1 })) },
      /^The file is a GIF\. PNG, JPEG and WebP are accepted\.$/,
    ],
    [
      'is an AVIF',
      { image: Buffer.from('\0\0\0\x1cftypavif\0\0\0\0mif1miafavif', 'latin1') },
      /^The file is an AVIF\. PNG, JPEG and WebP/,
    ],
  ])('an image that %s is 422 and named', async (_case, parts, message) => {
    const { status, body } = await moov.send('POST', '', parts);
    expect(status).toBe(422);
    expect(body).toEqual({ image: expect.stringMatching(message) });
  });

  test('an image that is cut short is 422 and named', async () => {
    const whole = await photoJpeg({ width: 200, height: 200 });
    const { status, body } = await moov.send('POST', '', { image: whole.subarray(0, whole.length / 2) });
    expect([status, body]).toEqual([422, { image: expect.stringContaining('cannot be decoded') }]);
  });

  test('an alternative text beyond the limit is 422 and named within metadata', async () => {
    const image = await newPhoto();
    const metadata = JSON.stringify({ altText: 'x'.repeat(1001) });
    const { status, body } = await moov.send('POST', '', { image, metadata });
    expect([status, body]).toEqual([422, { metadata: { altText: expect.stringContaining('1000') } }]);
  });

  test('beyond the images of an account it is 400, which no client takes for a duplicate', async () => {
    const small = await startTestServer({ MAX_IMAGES_PER_ACCOUNT: '1' });
    const client = await openMoovClient(small);
    await client.send('POST', '', { image: await newPhoto() });
    const { status, body } = await client.send('POST', '', { image: await newPhoto() });
    expect([status, body]).toEqual([400, { error: expect.stringContaining('1 images') }]);
    await small.close();
  });
});

describe('get', () => {
  test('answers what upload answered', async () => {
    const image = await upload({ altText: 'one' });
    const { status, body } = await moov.call('GET', `/${image.imageID}`);
    expect([status, body]).toEqual([200, image]);
    expect((await moov.call('GET', `/${image.imageID.toUpperCase()}`)).body).toEqual(image);
  });

  test('an unknown image, and one of another account, is 404', async () => {
    const { imageID } = await upload();
    const other = await openMoovClient(server, randomUUID());
    for (const response of [await moov.call('GET', `/${randomUUID()}`), await other.call('GET', `/${imageID}`)]) {
      expect([response.status, response.body]).toEqual([404, { error: expect.any(String) }]);
    }
  });
});

describe('PATCH, the update until v0.18.0', () => {
  test('changes only the parts that are sent', async () => {
    const image = await upload({ altText: 'before' });
    const path = `/${image.imageID}`;
    const renamed = await moov.send('PATCH', path, { metadata: '{"altText":"after"}' });
    expect(renamed.status).toBe(200);
    expect(renamed.body).toEqual({ ...image, altText: 'after', updatedOn: timestamp });
    const replaced = await moov.send('PATCH', path, { image: await newPhoto() });
    expect(replaced.body).toEqual({ ...renamed.body, updatedOn: timestamp });
    const both = await moov.send('PATCH', path, { image: await newPhoto(), metadata: '{"altText":"both"}' });
    expect(both.body).toMatchObject({ altText: 'both', publicID: image.publicID, link: image.link });
  });

  test('clears the metadata by null, as a part or within it, and keeps it by {}', async () => {
    const { imageID } = await upload({ altText: 'kept' });
    const send = async (metadata: string) => (await moov.send('PATCH', `/${imageID}`, { metadata })).body;
    expect(await send('{}')).toHaveProperty('altText', 'kept');
    expect(await send('null')).not.toHaveProperty('altText');
    await send('{"altText":"again"}');
    expect(await send('{"altText":null}')).not.toHaveProperty('altText');
  });

  test('another image of the account with the same bytes is 409, its own bytes are not', async () => {
    const taken = await newPhoto();
    const own = await newPhoto();
    await moov.send('POST', '', { image: taken });
    const { body } = await moov.send('POST', '', { image: own });
    for (const method of ['PATCH', 'PUT']) {
      const duplicate = await moov.send(method, `/${body.imageID}`, { image: taken });
      expect([duplicate.status, duplicate.body]).toEqual([409, { error: expect.any(String) }]);
      expect((await moov.send(method, `/${body.imageID}`, { image: own })).status).toBe(200);
    }
  });
});

describe('PUT, the update from v0.18.1 on', () => {
  test('replaces the image and keeps the metadata that is not sent', async () => {
    const image = await upload({ altText: 'kept' });
    const path = `/${image.imageID}`;
    const kept = await moov.send('PUT', path, { image: await newPhoto() });
    expect([kept.status, kept.body]).toEqual([200, { ...image, updatedOn: timestamp }]);
    const renamed = await moov.send('PUT', path, { image: await newPhoto(), metadata: '{"altText":"new"}' });
    expect(renamed.body).toMatchObject({ altText: 'new' });
    const emptied = await moov.send('PUT', path, { image: await newPhoto(), metadata: '{}' });
    expect(emptied.body).not.toHaveProperty('altText');
  });

  test('clears the metadata by null, as the releases until v0.21.16 have it', async () => {
    const { imageID } = await upload({ altText: 'gone' });
    const { body } = await moov.send('PUT', `/${imageID}`, { image: await newPhoto(), metadata: 'null' });
    expect(body).not.toHaveProperty('altText');
  });

  test('without an image is 422', async () => {
    const { imageID } = await upload();
    const { status, body } = await moov.send('PUT', `/${imageID}`, { metadata: '{"altText":"x"}' });
    expect([status, body]).toEqual([422, { image: expect.stringContaining('required') }]);
  });
});

describe('PUT metadata', () => {
  const put = (imageID: string, body: unknown) =>
    moov.call('PUT', `/${imageID}/metadata`, {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  test('replaces it as a whole, so that {} clears it', async () => {
    const image = await upload({ altText: 'before' });
    expect((await put(image.imageID, { altText: 'after' })).body).toEqual({
      ...image,
      altText: 'after',
      updatedOn: timestamp,
    });
    const { status, body } = await put(image.imageID, {});
    expect(status).toBe(200);
    expect(body).not.toHaveProperty('altText');
  });

  test.each([
    ['a text beyond the limit', 'x'.repeat(1001)],
    ['what is no text', 5],
    ['a NUL', 'a\0b'],
  ])('%s is 422 with altText at the top', async (_case, altText) => {
    const { imageID } = await upload();
    const { status, body } = await put(imageID, { altText });
    expect([status, body]).toEqual([422, { altText: expect.any(String) }]);
  });

  test('of an unknown image is 404', async () => {
    expect((await put(randomUUID(), {})).status).toBe(404);
  });
});

describe('delete', () => {
  test('returns 204 without a body, disables, and keeps the public URL alive', async () => {
    const image = await upload();
    const { status, body } = await moov.call('DELETE', `/${image.imageID}`);
    expect([status, body]).toEqual([204, '']);
    const { body: disabled } = await moov.call('GET', `/${image.imageID}`);
    expect(disabled).toEqual({ ...image, disabledOn: timestamp, updatedOn: disabled.disabledOn });
    expect((await fetch(image.link)).status).toBe(200);
    expect((await moov.call('DELETE', `/${image.imageID}`)).status).toBe(204);
  });

  test('lets the same file be uploaded again: 201 with the image, which is in use again', async () => {
    const photo = await newPhoto();
    const { body: image } = await moov.send('POST', '', { image: photo, metadata: '{"altText":"first"}' });
    await moov.call('DELETE', `/${image.imageID}`);
    const { status, body } = await moov.send('POST', '', { image: photo });
    expect([status, body]).toEqual([201, { ...image, updatedOn: timestamp }]);
    expect((await moov.send('POST', '', { image: photo })).status).toBe(409);
    await moov.call('DELETE', `/${image.imageID}`);
    const renamed = await moov.send('POST', '', { image: photo, metadata: '{"altText":"second"}' });
    expect([renamed.status, renamed.body]).toEqual([201, { ...image, altText: 'second', updatedOn: timestamp }]);
  });

  test.each([
    [{ 'content-type': 'application/json' }, undefined],
    [{ 'content-type': 'application/json', 'content-length': 2 }, '{}'],
    [{ 'content-type': 'application/x-www-form-urlencoded' }, undefined],
    [{ 'content-type': 'multipart/form-data', 'content-length': 1 }, 'x'],
    [{ 'transfer-encoding': 'chunked' }, ''],
  ])('looks at no body: %j with %j', async (headers, body) => {
    const { imageID } = await upload();
    const path = `/accounts/${accountId}/images/${imageID}`;
    const sent = request(server.url + path, { method: 'DELETE', headers }).end(body);
    const [response] = await once(sent, 'response');
    expect(response.resume().statusCode).toBe(204);
  });

  test('removes the image for good where the operator says so', async () => {
    const permanent = await startTestServer({ MOOV_DELETE: 'permanent' });
    const client = await openMoovClient(permanent);
    const { body } = await client.send('POST', '', { image: await newPhoto() });
    expect((await client.call('DELETE', `/${body.imageID}`)).status).toBe(204);
    expect((await client.call('GET', `/${body.imageID}`)).status).toBe(404);
    expect((await client.call('DELETE', `/${body.imageID}`)).status).toBe(404);
    expect((await fetch(body.link)).status).toBe(404);
    await permanent.close();
  });

  test('of an unknown image is 404', async () => {
    expect((await moov.call('DELETE', `/${randomUUID()}`)).status).toBe(404);
  });
});

describe('together with GraphQL', () => {
  test('an image is the same by either way', async () => {
    const byMoov = await upload({ altText: 'by Moov' });
    const query = 'query($by: ImageBy!) { image(by: $by) { imageId publicId link metadata { altText } disabledOn } }';
    const { data } = await server.query(query, { by: { imageId: byMoov.imageID } });
    expect(data.image).toEqual({
      imageId: byMoov.imageID,
      publicId: byMoov.publicID,
      link: byMoov.link,
      metadata: { altText: 'by Moov' },
      disabledOn: null,
    });
    const byGraphql = await uploadImage(server, await newPhoto(), { altText: 'by GraphQL' });
    expect((await moov.call('GET', `/${byGraphql.imageId}`)).body).toMatchObject({
      publicID: byGraphql.publicId,
      altText: 'by GraphQL',
    });
  });

  test('the focal point, which Moov does not know, outlives what its clients do to the metadata', async () => {
    const focalPoint = { x: 0.25, y: 0.75 };
    const image = await uploadImage(server, await newPhoto(), { altText: 'a', focalPoint });
    await moov.send('PATCH', `/${image.imageId}`, { metadata: 'null' });
    await moov.call('PUT', `/${image.imageId}/metadata`, {
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    const after = await changeImage(server, 'updateImage', 'UpdateImageInput', { id: image.id });
    expect(after.metadata).toMatchObject({ altText: null, focalPoint });
  });
});

test('every answer names its request by a UUID of its own', async () => {
  const ids = [await moov.call('GET', ''), await moov.call('GET', '/x')].map(({ headers }) =>
    headers.get('x-request-id'),
  );
  expect(new Set(ids).size).toBe(2);
});

test('an empty Cookie header, which the TypeScript SDK sends, is accepted', async () => {
  expect((await moov.call('GET', '', { headers: { cookie: '' } })).status).toBe(200);
});

test('the account of the URL may be written in capitals', async () => {
  const capitals = await openMoovClient(server, accountId.toUpperCase());
  expect((await capitals.call('GET', '')).body.length).toBeGreaterThan(0);
});
