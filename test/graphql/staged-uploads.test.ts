import { readdir } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { errorFields } from '../support/image-operations.js';
import { basic, makeKey } from '../support/keys.js';
import { useS3Bucket } from '../support/s3-bucket.js';
import { photoJpeg } from '../support/sample-images.js';
import { useTempFolder } from '../support/temp-folder.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';

vi.setConfig({ testTimeout: 60_000 });

const bucket = useS3Bucket();

interface Upload {
  readonly uploadId: string;
  readonly url: string;
  readonly method: string;
  readonly headers: readonly { name: string; value: string }[];
  readonly maxBytes: number;
  readonly expiresOn: string;
  readonly name: string | null;
}

const create = async (
  server: TestServer,
  byteSizes: readonly number[],
  { account = accountId, headers = {} }: { account?: string; headers?: Record<string, string> } = {},
) => {
  const { data, errors } = await server.query(
    `mutation($input: CreateUploadsInput!) { createUploads(input: $input) {
      ... on CreateUploadsPayload { uploads { uploadId name url method headers { name value } expiresOn maxBytes } }
      ... on UploadLimitReachedError { limitUploads } ...Failure } } ${errorFields}`,
    { input: { accountId: account, files: byteSizes.map((byteSize, index) => ({ name: `${index}.jpg`, byteSize })) } },
    headers,
  );
  return data?.createUploads ?? { errors };
};

const createOne = async (server: TestServer, byteSize: number): Promise<Upload> =>
  (await create(server, [byteSize])).uploads[0];

const send = ({ url, method, headers }: Upload, bytes: Uint8Array): Promise<Response> =>
  fetch(url, {
    method,
    body: new Uint8Array(bytes),
    headers: Object.fromEntries(headers.map(({ name, value }) => [name, value])),
  });

const use = async (
  server: TestServer,
  uploadId: string,
  { account = accountId, headers = {} }: { account?: string; headers?: Record<string, string> } = {},
) => {
  const { data, errors } = await server.query(
    `mutation($input: UploadImageInput!) { uploadImage(input: $input) {
      ... on UploadImagePayload { image { sha256 byteSize fileName url metadata { altText } } } ...Failure } } ${errorFields}`,
    { input: { accountId: account, uploadId, metadata: { altText: 'staged' } } },
    headers,
  );
  return data?.uploadImage ?? { errors };
};

const gone = { __typename: 'InvalidInputError', issues: [{ path: ['uploadId'] }] };

let width = 100;
const newPhoto = (): Promise<Uint8Array> => {
  width += 1;
  return photoJpeg({ width, height: 60 });
};

const folderStore = async () => ({ BLOB_STORE_URL: `file:${await useTempFolder()}` });
const stores = { folder: folderStore, S3: async () => ({ BLOB_STORE_URL: bucket.newUrl() }) };

describe.each(Object.entries(stores))('with originals in a %s', (name, storeVariables) => {
  const start = async (variables: Record<string, string> = {}, now?: () => Date): Promise<TestServer> => {
    const server = await startTestServer({ ...(await storeVariables()), ...variables }, now ? { now } : {});
    onTestFinished(() => server.close());
    return server;
  };

  test('a file is sent by a plain PUT, and becomes an image by its id, once', async () => {
    const server = await start();
    const bytes = await newPhoto();
    const upload = await createOne(server, bytes.byteLength);
    expect(upload).toMatchObject({ method: 'PUT', name: '0.jpg', maxBytes: bytes.byteLength });
    expect(new Date(upload.expiresOn).getTime() - Date.now()).toBeGreaterThan(3_500_000);
    expect(await use(server, upload.uploadId)).toMatchObject({
      __typename: 'InvalidInputError',
      message: expect.stringContaining('was not sent yet'),
    });
    expect((await send(upload, bytes)).ok).toBe(true);
    expect(await use(server, upload.uploadId)).toMatchObject({
      image: { byteSize: bytes.byteLength, metadata: { altText: 'staged' } },
    });
    expect(await use(server, upload.uploadId)).toMatchObject(gone);
  });

  test('a file may be sent again, and the last one counts', async () => {
    const server = await start();
    const bytes = await newPhoto();
    const upload = await createOne(server, bytes.byteLength);
    expect((await send(upload, new Uint8Array(bytes.byteLength))).ok).toBe(true);
    expect(await use(server, upload.uploadId)).toMatchObject({ __typename: 'UnsupportedImageError' });
    // a refused file leaves the upload as it is
    expect((await send(upload, bytes)).ok).toBe(true);
    expect(await use(server, upload.uploadId)).toMatchObject({ image: { byteSize: bytes.byteLength } });
  });

  test('an image has the name of its upload, cleaned, also if the client changed the id', async () => {
    const server = await start();
    const longest = `${'é'.repeat(125)}.jpg`;
    const named: [string | undefined, string | null][] = [
      ['Käse (1).jpg', 'Käse (1).jpg'],
      ['C:\\photos\\cat.jpg', 'cat.jpg'],
      [`${'é'.repeat(300)}.jpg`, longest],
      ['', null],
      ['..', null],
      [undefined, null],
    ];
    const photos = await Promise.all([...named, named[0]].map(newPhoto));
    const { data } = await server.query(
      `mutation($input: CreateUploadsInput!) { createUploads(input: $input) {
        ... on CreateUploadsPayload { uploads { uploadId name url method headers { name value } } } } }`,
      {
        input: {
          accountId,
          files: photos.map(({ byteLength }, index) => ({ name: named[index]?.[0], byteSize: byteLength })),
        },
      },
    );
    const { uploads } = data.createUploads;
    for (const [index, bytes] of photos.entries()) expect((await send(uploads[index], bytes)).ok).toBe(true);
    for (const [index, [given = null, kept]] of named.entries()) {
      const { image } = await use(server, uploads[index].uploadId);
      expect([uploads[index].name, image.fileName]).toEqual([given, kept]);
    }
    const [place] = uploads.at(-1).uploadId.split('.');
    const changed = Buffer.from('../a\u202eb\0.jpg').toString('base64url');
    expect((await use(server, `${place}.${'A'.repeat(341)}`)).__typename).toBe('InvalidInputError');
    expect((await use(server, `${place}.${changed}`)).image.fileName).toBe('ab.jpg');
  });

  test('several become images in one mutation, each with its own result', async () => {
    const server = await start();
    const photos = await Promise.all([newPhoto(), newPhoto()]);
    const broken = Buffer.from('not an image');
    const sizes = [...photos, broken].map(({ byteLength }) => byteLength);
    const { uploads } = await create(server, sizes);
    for (const [index, bytes] of [...photos, broken].entries())
      expect((await send(uploads[index], bytes)).ok).toBe(true);
    const { data } = await server.query(
      `mutation($input: UploadImagesInput!) { uploadImages(input: $input) { __typename } }`,
      { input: { accountId, images: uploads.map(({ uploadId }: Upload) => ({ uploadId })) } },
    );
    const names = data.uploadImages.map(({ __typename }: { __typename: string }) => __typename);
    expect(names).toEqual(['UploadImagePayload', 'UploadImagePayload', 'UnsupportedImageError']);
  });

  test('other sizes than that which was announced are refused, and nothing of them is kept', async () => {
    const server = await start();
    const bytes = await newPhoto();
    for (const size of [1, bytes.byteLength - 1, bytes.byteLength + 1, 3_000_000]) {
      const upload = await createOne(server, bytes.byteLength);
      const outcome = await send(upload, new Uint8Array(size)).then(
        ({ ok }) => ok,
        () => false,
      );
      // S3rver leaves that to the one who uses the file
      if (name === 'folder' || bucket.isExternal) expect(outcome, `${size}`).toBe(false);
      const { __typename, message } = await use(server, upload.uploadId);
      expect({ __typename, message }).toEqual({
        __typename: 'InvalidInputError',
        message: expect.stringMatching(/was not sent yet|bytes instead of/),
      });
    }
  });

  test('an upload expires by itself, with its file, and its place is free again', async () => {
    let time = new Date();
    const server = await start({}, () => time);
    const bytes = await newPhoto();
    const upload = await createOne(server, bytes.byteLength);
    expect((await send(upload, bytes)).ok).toBe(true);
    expect(
      (
        await create(
          server,
          Array.from({ length: 100 }, () => 10),
        )
      ).__typename,
    ).toBe('UploadLimitReachedError');
    expect(
      (
        await create(
          server,
          Array.from({ length: 99 }, () => 10),
        )
      ).uploads,
    ).toHaveLength(99);
    expect(await create(server, [10])).toMatchObject({ __typename: 'UploadLimitReachedError', limitUploads: 100 });
    time = new Date(time.getTime() + 3_600_000);
    expect(await use(server, upload.uploadId)).toMatchObject(gone);
    expect((await create(server, [10])).uploads).toHaveLength(1);
    await server.app.images.expireUploads();
    time = new Date(time.getTime() - 3_600_000);
    expect(await use(server, upload.uploadId)).toMatchObject(gone);
  });

  test('a race for the last places never gives out more than there are', async () => {
    const server = await start();
    const outcomes = await Promise.all(
      Array.from({ length: 6 }, () =>
        create(
          server,
          Array.from({ length: 30 }, () => 10),
        ),
      ),
    );
    expect(outcomes.filter(({ uploads }) => uploads)).toHaveLength(3);
  });

  test('an upload that was sent survives a restart', async () => {
    const variables = { DATA_DIR: await useTempFolder(), ...(await storeVariables()) };
    const before = await startTestServer(variables);
    const bytes = await newPhoto();
    const upload = await createOne(before, bytes.byteLength);
    expect((await send(upload, bytes)).ok).toBe(true);
    await before.app.close();
    const after = await startTestServer(variables);
    onTestFinished(() => after.app.close());
    expect(await use(after, upload.uploadId)).toMatchObject({ image: { byteSize: bytes.byteLength } });
  });

  test('an upload of another account is as unknown as one that never was', async () => {
    const server = await start({ AUTH: 'keys' });
    const keyOf = async (account: string) => basic(await makeKey(server, { account, scopes: ['images.write'] }));
    const other = 'b1c0a1de-0000-4000-8000-000000000001';
    const [mine, theirs] = [{ headers: await keyOf(accountId) }, { account: other, headers: await keyOf(other) }];
    const bytes = await newPhoto();
    const { uploads } = await create(server, [bytes.byteLength], mine);
    expect((await send(uploads[0], bytes)).ok).toBe(true);
    const stolen = await use(server, uploads[0].uploadId, theirs);
    const invented = await use(server, uploads[0].uploadId.replace(/.(?=\.)/, 'x'), theirs);
    expect(stolen).toMatchObject(gone);
    expect(invented).toEqual(stolen);
    expect((await create(server, [10], { ...theirs, account: accountId })).__typename).toBe('ForbiddenError');
    expect(await use(server, uploads[0].uploadId, mine)).toMatchObject({ image: { byteSize: bytes.byteLength } });
  });

  test.each(['', 'x', '../../state.db', '2s-kz3j-AAAAAAAAAAAAAAAAAAAAAA', 'a'.repeat(5_000)])(
    'the id %j is unknown',
    async (uploadId) => {
      const result = await use(await start(), uploadId);
      expect(result.__typename).toBe('InvalidInputError');
    },
  );

  test('exactly one of file and uploadId is required, and sizes and numbers have limits', async () => {
    const server = await start();
    const neither = await server.query(
      `mutation { uploadImage(input: { accountId: "${accountId}" }) { ...Failure } } ${errorFields}`,
    );
    expect(neither.data.uploadImage).toMatchObject({ message: expect.stringContaining('Exactly one of') });
    expect((await create(server, [16_777_217])).__typename).toBe('ImageTooLargeError');
    expect((await create(server, [])).__typename).toBe('InvalidInputError');
    expect(
      (
        await create(
          server,
          Array.from({ length: 101 }, () => 1),
        )
      ).__typename,
    ).toBe('InvalidInputError');
    expect((await create(server, [0])).errors).toBeDefined();
  });
});

describe('the route of this server', () => {
  test('an unknown, expired or used upload is a 404 before anything of the body is read', async () => {
    let time = new Date();
    const server = await startTestServer(await folderStore(), { now: () => time });
    onTestFinished(() => server.close());
    const upload = await createOne(server, 1_000_000);
    const strangers = [
      upload.url.replace(/.$/, 'x'),
      upload.url.replace(accountId, 'b1c0a1de-0000-4000-8000-000000000001'),
      `${server.url}/uploads/x/y`,
    ];
    for (const url of strangers) expect((await send({ ...upload, url }, new Uint8Array(1_000_000))).status).toBe(404);
    time = new Date(time.getTime() + 3_600_000);
    expect((await send(upload, new Uint8Array(1_000_000))).status).toBe(404);
    expect(await readdir(join(server.dataFolder, 'tmp'))).toEqual([]);
  });

  test('a body without a length, or one that breaks off, leaves no file', async () => {
    const failures: string[] = [];
    const server = await startTestServer(
      { ...(await folderStore()), LOG_LEVEL: 'error' },
      { logStream: { write: (line) => failures.push(line) } },
    );
    onTestFinished(() => server.close());
    const upload = await createOne(server, 500_000);
    const chunked = await new Promise<number>((resolve, reject) => {
      const sending = request(upload.url, { method: 'PUT' }, (response) => resolve(response.statusCode ?? 0));
      sending.on('error', reject);
      sending.write('x');
      sending.end();
    });
    expect(chunked).toBe(400);
    const broken = request(upload.url, { method: 'PUT', headers: { 'content-length': 500_000 } });
    broken.on('error', () => undefined);
    broken.write(Buffer.alloc(300_000));
    await expect.poll(() => readdir(join(server.dataFolder, 'tmp'))).toHaveLength(1);
    broken.destroy();
    await expect.poll(() => readdir(join(server.dataFolder, 'tmp'))).toEqual([]);
    expect((await use(server, upload.uploadId)).message).toContain('was not sent yet');
    // a client's connection that breaks is no failure of the server
    expect(failures).toEqual([]);
  });
});
