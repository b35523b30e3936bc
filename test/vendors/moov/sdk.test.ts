import { randomUUID } from 'node:crypto';
import * as sdk from '@moovio/sdk';
import * as errors from '@moovio/sdk/models/errors/index.js';
import * as strictSdk from 'moov-sdk-strict';
import * as strictErrors from 'moov-sdk-strict/models/errors/index.js';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Overrides } from '../../../src/app/overrides.js';
import { UnavailableError } from '../../../src/domain/errors.js';
import { uploadImage } from '../../support/image-operations.js';
import { documentedFetch } from '../../support/openapi-responses.js';
import { alphaWebp, decode, newPhoto, photoJpeg, photoPng, photoWebp } from '../../support/sample-images.js';
import { accountId, startTestServer, type TestServer } from '../../support/test-server.js';

type SdkOptions = ConstructorParameters<typeof sdk.Moov>[0];

/** The client of the current release, and of one that takes nothing but what its schemas say. */
const releases = {
  '@moovio/sdk 26.7.1': {
    errors,
    open: (fetcher: typeof fetch, options: SdkOptions) =>
      new sdk.Moov({ ...options, httpClient: new sdk.HTTPClient({ fetcher }) }),
  },
  '@moovio/sdk 25.7.0': {
    // its types have the same shape and other names
    errors: strictErrors as unknown as typeof errors,
    open: (fetcher: typeof fetch, options: SdkOptions) =>
      new strictSdk.Moov({ ...options, httpClient: new strictSdk.HTTPClient({ fetcher }) }) as unknown as sdk.Moov,
  },
};

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const file = (content: Uint8Array, fileName = 'example.file') => ({ fileName, content: new Uint8Array(content) });

/** The same fetch, with the statuses that it met. */
const recording = (inner: typeof fetch): { fetcher: typeof fetch; statuses: number[] } => {
  const statuses: number[] = [];
  return {
    statuses,
    fetcher: async (input, init) => {
      const response = await inner(input, init);
      statuses.push(response.status);
      return response;
    },
  };
};

describe.each(Object.entries(releases))('%s, with only its server URL changed', (_release, { errors, open }) => {
  let moov: sdk.Moov;
  beforeAll(async () => {
    moov = open(await documentedFetch(server.url), {
      serverURL: server.url,
      security: { username: 'public', password: 'secret' },
    });
  });

  const upload = async (altText?: string) => {
    const imageUploadRequestMultiPart = {
      image: file(await newPhoto()),
      ...(altText === undefined ? {} : { metadata: { altText } }),
    };
    return (await moov.images.upload({ accountID: accountId, imageUploadRequestMultiPart })).result;
  };

  test('uploads, gets, updates, replaces metadata, lists and disables', async () => {
    const image = await upload('one');
    expect(image).toMatchObject({ altText: 'one', link: `${server.url}/images/${image.publicID}` });
    expect(image.createdOn).toBeInstanceOf(Date);
    const ids = { accountID: accountId, imageID: image.imageID };
    expect((await moov.images.getMetadata(ids)).result).toEqual(image);

    const { result: updated } = await moov.images.update({
      ...ids,
      imageUploadRequestMultiPart: { image: file(await newPhoto(), 'a.png') },
    });
    expect(updated).toMatchObject({ imageID: image.imageID, publicID: image.publicID, altText: 'one' });

    const { result: renamed } = await moov.images.updateMetadata({ ...ids, imageMetadataRequest: { altText: 'two' } });
    expect(renamed.altText).toBe('two');
    const { result: cleared } = await moov.images.updateMetadata({ ...ids, imageMetadataRequest: {} });
    expect(cleared.altText).toBeUndefined();

    await moov.images.delete(ids);
    const { result: disabled } = await moov.images.getMetadata(ids);
    expect(disabled.disabledOn).toBeInstanceOf(Date);
    const { result: list } = await moov.images.list({ accountID: accountId, skip: 0, count: 200 });
    expect(list.find(({ imageID }) => imageID === image.imageID)).toEqual(disabled);
    expect((await moov.images.list({ accountID: randomUUID() })).result).toEqual([]);
  });

  test('uploads a Blob, and a stream', async () => {
    const blob = new Blob([new Uint8Array(await newPhoto())]);
    const stream = { fileName: 'a.webp', content: new Blob([new Uint8Array(await newPhoto())]).stream() };
    for (const image of [blob, stream]) {
      const imageUploadRequestMultiPart = { image, metadata: {} } as never;
      const { result } = await moov.images.upload({ accountID: accountId, imageUploadRequestMultiPart });
      expect(result.publicID).toHaveLength(21);
    }
  });

  test('knows the errors as its own types', async () => {
    const failureOf = (work: Promise<unknown>) =>
      work.then(
        () => expect.fail('it succeeded'),
        (error) => error,
      );
    const image = file(await newPhoto());
    const send = (content: object) =>
      failureOf(moov.images.upload({ accountID: accountId, imageUploadRequestMultiPart: content as never }));
    await moov.images.upload({ accountID: accountId, imageUploadRequestMultiPart: { image } });

    const duplicate = await send({ image });
    expect(duplicate).toBeInstanceOf(errors.GenericError);
    expect(duplicate).toMatchObject({ statusCode: 409, error: expect.stringContaining('already has') });

    const notAnImage = await send({ image: file(Buffer.from('words')) });
    expect(notAnImage).toBeInstanceOf(errors.ImageRequestValidationError);
    expect(notAnImage).toMatchObject({ statusCode: 422, image: expect.stringContaining('PNG, JPEG and WebP') });

    const longText = await send({ image: file(await newPhoto()), metadata: { altText: 'x'.repeat(1001) } });
    expect(longText).toBeInstanceOf(errors.ImageRequestValidationError);
    expect(longText).toMatchObject({ statusCode: 422, metadata: { altText: expect.stringContaining('1000') } });

    const { imageID } = await upload();
    const longMetadata = await failureOf(
      moov.images.updateMetadata({
        accountID: accountId,
        imageID,
        imageMetadataRequest: { altText: 'x'.repeat(1001) },
      }),
    );
    expect(longMetadata).toBeInstanceOf(errors.ImageMetadataValidationError);
    expect(longMetadata).toMatchObject({ statusCode: 422, altText: expect.stringContaining('1000') });

    const badId = await failureOf(moov.images.delete({ accountID: accountId, imageID: 'none' }));
    expect(badId).toBeInstanceOf(errors.GenericError);
    expect(badId).toMatchObject({ statusCode: 400, error: 'imageID: Must be a UUID.' });

    const unknown = await failureOf(moov.images.getMetadata({ accountID: accountId, imageID: randomUUID() }));
    expect(unknown).toBeInstanceOf(errors.APIError);
    expect(unknown).toMatchObject({ statusCode: 404 });

    const tooLarge = await send({ image: file(Buffer.alloc(17 * 1024 * 1024)) });
    expect(tooLarge).toBeInstanceOf(errors.ImageRequestValidationError);
    expect(tooLarge).toMatchObject({ statusCode: 422, image: expect.stringContaining('16842752 bytes') });
  });

  test.each([
    ['a JPEG', photoJpeg, 'image/jpeg'],
    ['a PNG', photoPng, 'image/jpeg'],
    ['a WebP, which the client refuses', photoWebp, 'image/jpeg'],
    ['a WebP with transparency', alphaWebp, 'image/png'],
  ])('gets the public image of %s by its own Accept', async (_case, photo, mimeType) => {
    const server = await startTestServer();
    const { fetcher, statuses } = recording(await documentedFetch(server.url));
    const client = open(fetcher, { serverURL: server.url });
    const { publicId } = await uploadImage(server, await photo());
    const response = await client.images.getPublic({ publicID: publicId });
    expect(response?.headers['content-type']).toEqual([mimeType]);
    const { width, height } = await decode(new Uint8Array(await new Response(response?.result).arrayBuffer()));
    expect([width, height]).toEqual([200, 200]);

    const ifNoneMatch = response?.headers['etag']?.[0] ?? '';
    // 25.7.0 throws for every 304, as its schema of an answer without a body asks for one
    await client.images.getPublic({ publicID: publicId, ifNoneMatch }).catch(() => undefined);
    expect(statuses).toEqual([200, 304]);
    await server.close();
  });

  test('shares its images with GraphQL, both ways', async () => {
    const { imageID } = await upload('by the SDK');
    const query = 'query($by: ImageBy!) { image(by: $by) { metadata { altText } } }';
    expect((await server.query(query, { by: { imageId: imageID } })).data.image.metadata.altText).toBe('by the SDK');
    const { imageId } = await uploadImage(server, await newPhoto(), { altText: 'by GraphQL' });
    const { result } = await moov.images.getMetadata({ accountID: accountId, imageID: imageId });
    expect(result.altText).toBe('by GraphQL');
  });

  describe('where the server has no room', () => {
    let busy: TestServer;
    afterEach(() => busy.close());
    const retryConfig = {
      strategy: 'backoff' as const,
      backoff: { initialInterval: 1, maxInterval: 5, exponent: 1.1, maxElapsedTime: 10_000 },
    };

    test('tries again after a 503', async () => {
      let refusals = 1;
      const refuseOnce: Overrides['processor'] = (real) => ({
        ...real,
        inspect: (path) => {
          refusals -= 1;
          if (refusals >= 0) throw new UnavailableError('Try again in a moment.', 1);
          return real.inspect(path);
        },
      });
      busy = await startTestServer({}, { processor: refuseOnce });
      const { fetcher, statuses } = recording(await documentedFetch(busy.url));
      const client = open(fetcher, { serverURL: busy.url, retryConfig });
      const imageUploadRequestMultiPart = { image: file(await newPhoto()) };
      await client.images.upload({ accountID: accountId, imageUploadRequestMultiPart });
      expect(statuses).toEqual([503, 201]);
    });

    test('tries again after a 429, and without a retry reports it with the time to wait', async () => {
      busy = await startTestServer({ RATE_LIMIT_MAX: '1' });
      const once = open(fetch, { serverURL: busy.url });
      await once.images.list({ accountID: accountId });
      const failure = await once.images.list({ accountID: accountId }).catch((error) => error);
      expect(failure).toBeInstanceOf(errors.APIError);
      expect(failure.statusCode).toBe(429);
      expect(Number(failure.headers.get('retry-after'))).toBeGreaterThan(0);

      // in place of a minute's wait, the second try goes to a server that has room
      const { fetcher, statuses } = recording((request) =>
        fetch(
          statuses.length === 0 ? request : new Request(String((request as Request).url).replace(busy.url, server.url)),
        ),
      );
      const client = open(fetcher, { serverURL: busy.url, retryConfig });
      await client.images.list({ accountID: accountId });
      expect(statuses).toEqual([429, 200]);
    });
  });
});
