import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runIn } from '../support/documented-project.js';
import {
  decode,
  photoJpeg,
  plainPng,
  pngHeaderClaiming,
  truncated,
  unsupportedFiles,
} from '../support/sample-images.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const root = resolve(import.meta.dirname, '../..');

/** What the tests use of the example. Its own types exist only once they are generated. */
type Execute = (document: string, variables: object) => Promise<Record<string, unknown>>;
type ListedImage = { readonly id: string };
interface Example {
  createClient(endpoint: string): Execute;
  uploadImage(execute: Execute, input: object): Promise<{ kind: string; image?: ListedImage; message?: string }>;
  listImages(execute: Execute, variables: object): Promise<{ images: ListedImage[]; nextCursor: string | null }>;
  renderImage(image: ListedImage | undefined, sizes?: string): string;
}

/** Does what the README says for a new project, but links the packages that it installs. Returns the folder of the modules. */
const buildExample = async (folder: string, serverUrl: string): Promise<string> => {
  const readme = await readFile(join(root, 'examples/typed-client/README.md'), 'utf8');
  const commands = /^```sh\n(mkdir gallery[\s\S]*?)^```/m.exec(readme)?.[1];
  if (!commands) throw new Error('The README has no commands for a new project.');
  await symlink(root, join(folder, 'image-facade'));
  const offline = commands
    .replace(/^npm install .*$/m, `ln -s ${root}/node_modules node_modules`)
    .replaceAll('http://127.0.0.1:4000', serverUrl);
  await runIn(folder, offline);
  return join(folder, 'gallery/src/images/dist');
};

let server: TestServer;
let compiled: string;
let example: Example;
let execute: Execute;
let folder: { path: string; remove: () => Promise<void> };
beforeAll(async () => {
  folder = await makeTempFolder();
  server = await startTestServer({ MAX_SOURCE_PIXELS: '1500000', MAX_IMAGES_PER_ACCOUNT: '3' });
  compiled = await buildExample(folder.path, server.url);
  const modules = ['graphql-client', 'upload-image', 'list-images', 'image-element'];
  const load = (name: string) => import(pathToFileURL(join(compiled, `${name}.js`)).href);
  example = Object.assign({}, ...(await Promise.all(modules.map(load))));
  execute = example.createClient(`${server.url}/graphql`);
}, 120_000);
afterAll(async () => {
  await server.close();
  await folder.remove();
});

let accounts = 0;
const newAccount = () => `3a4ed2d9-03e1-4b0e-b45f-${String(++accounts).padStart(12, '0')}`;
const fileOf = (bytes: Uint8Array) => new File([new Uint8Array(bytes)], 'image');

/** The attributes of an element as a browser reads them. */
const attributesOf = (html: string): Record<string, string> =>
  Object.fromEntries(
    [...html.matchAll(/ ([a-z]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [
      name,
      value.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'),
    ]),
  );

const imageAt = async (url: string | undefined) => {
  const response = await fetch(url ?? '');
  expect(response.status).toBe(200);
  return decode(new Uint8Array(await response.arrayBuffer()));
};

test('what a browser loads of the example imports no package', async () => {
  const scripts = (await readdir(compiled, { recursive: true })).filter((name) => name.endsWith('.js'));
  expect(scripts).toContain(join('generated', 'graphql.js'));
  for (const script of scripts) {
    const imports = (await readFile(join(compiled, script), 'utf8')).matchAll(/(?:from|import)\s*\(?["'](.+?)["']/g);
    for (const [, specifier] of imports) expect(specifier).toMatch(/^\.\//);
  }
});

test('an error that is added to the schema does not compile until the example handles it', async () => {
  const images = join(compiled, '..');
  const schemaFile = join(images, '../../schema.graphql');
  const schema = await readFile(schemaFile, 'utf8');
  await writeFile(schemaFile, schema.replace(/^union UploadImageResult = .*$/m, '$& | NotFoundError'));
  await expect(runIn(images, 'graphql-codegen && tsc')).rejects.toThrow(
    /^\S*upload-image\.ts.*NotFoundError.*'never'/m,
  );
}, 120_000);

test('an uploaded image is listed and shown: size, alternative text, placeholder, and a srcset that serves what it says', async () => {
  const accountId = newAccount();
  const altText = `"><script>alert('1')</script> & more`;
  const file = fileOf(await photoJpeg({ width: 1200, height: 800 }));
  const uploaded = await example.uploadImage(execute, { accountId, file, metadata: { altText } });
  expect(uploaded.kind).toBe('uploaded');

  const { images, nextCursor } = await example.listImages(execute, { accountId, first: 10 });
  expect(images.map(({ id }) => id)).toEqual([uploaded.image?.id]);
  expect(nextCursor).toBeNull();

  const html = example.renderImage(images[0], '(min-width: 640px) 640px, 100vw');
  expect(html).toMatch(/^<img [^<>]*>$/);
  expect(html).toBe(example.renderImage(uploaded.image, '(min-width: 640px) 640px, 100vw'));
  const { src, srcset, width, height, alt, sizes, style } = attributesOf(html);
  expect({ width, height, alt, sizes }).toEqual({
    width: '640',
    height: '427',
    alt: altText,
    sizes: '(min-width: 640px) 640px, 100vw',
  });
  expect(style).toMatch(
    /^height: auto; background: #[0-9a-f]{6} url\("data:image\/webp;base64,[\w+/=]+"\) center \/ cover$/,
  );
  expect(await imageAt(src)).toMatchObject({ width: 640, height: 427 });

  const candidates = srcset?.split(', ').map((candidate) => candidate.split(' ')) ?? [];
  expect(candidates.map(([, descriptor]) => descriptor)).toEqual(['320w', '640w', '1200w']);
  for (const [url, descriptor] of candidates) expect(`${(await imageAt(url)).width}w`).toBe(descriptor);
});

test('an image without an alternative text is an img with an empty alt', async () => {
  const file = fileOf(await photoJpeg());
  const { image } = await example.uploadImage(execute, { accountId: newAccount(), file });
  expect(attributesOf(example.renderImage(image))['alt']).toBe('');
});

test('pages lead from one to the next and end', async () => {
  const accountId = newAccount();
  const ids: string[] = [];
  for (const red of [10, 20, 30]) {
    const file = fileOf(await plainPng({ width: 8, height: 8 }, [red, 0, 0]));
    ids.unshift((await example.uploadImage(execute, { accountId, file })).image?.id ?? '');
  }
  const first = await example.listImages(execute, { accountId, first: 2 });
  const second = await example.listImages(execute, { accountId, first: 2, after: first.nextCursor });
  expect([...first.images, ...second.images].map(({ id }) => id)).toEqual(ids);
  expect(second.nextCursor).toBeNull();
});

test('a second upload of the same bytes returns the image that exists', async () => {
  const accountId = newAccount();
  const file = fileOf(await photoJpeg());
  const { image } = await example.uploadImage(execute, { accountId, file });
  expect(await example.uploadImage(execute, { accountId, file })).toMatchObject({
    kind: 'already-there',
    image: { id: image?.id },
  });
});

test('the message for a full account has the number of images that it may have', async () => {
  const accountId = newAccount();
  const upload = async (red: number) =>
    example.uploadImage(execute, { accountId, file: fileOf(await plainPng({ width: 8, height: 8 }, [red, 0, 0])) });
  for (const red of [1, 2, 3]) expect((await upload(red)).kind).toBe('uploaded');
  expect(await upload(4)).toEqual({ kind: 'refused', message: 'There is room for 3 images. Delete one first.' });
});

test.each([
  ['too many bytes', async () => Buffer.alloc(16 * 1024 ** 2 + 1), 'Choose a file of at most 16 MiB.'],
  [
    'too many pixels',
    async () => pngHeaderClaiming({ width: 2000, height: 1000 }),
    'Choose an image of at most 1.5 megapixels, and 16384 pixels a side.',
  ],
  ['another format', async () => unsupportedFiles['tiff'], 'Choose a PNG, JPEG, WebP, AVIF or GIF, and not a tiff.'],
  ['no format', async () => Buffer.from('no image'), 'Choose a PNG, JPEG, WebP, AVIF or GIF.'],
  ['an end that is missing', async () => truncated(await photoJpeg(), 0.5), 'The file is damaged. Export it again.'],
])('a file of %s is refused in words for its sender', async (_fault, bytes, message) => {
  const file = fileOf((await bytes()) ?? Buffer.alloc(0));
  expect(await example.uploadImage(execute, { accountId: newAccount(), file })).toEqual({ kind: 'refused', message });
});

test('a metadata fault names its field', async () => {
  const metadata = { altText: 'x'.repeat(1001) };
  const file = fileOf(await photoJpeg());
  expect(await example.uploadImage(execute, { accountId: newAccount(), file, metadata })).toMatchObject({
    kind: 'invalid',
    issues: [{ field: expect.stringContaining('altText'), message: expect.stringContaining('1000') }],
  });
});

test('an error that only a newer server knows is shown with the message of the server', async () => {
  const newer = async () => ({ uploadImage: { __typename: 'QuotaError', message: 'The quota is used up.' } });
  expect(await example.uploadImage(newer, {})).toEqual({ kind: 'refused', message: 'The quota is used up.' });
});

test('several files go in one request, and one file may be used at several places', async () => {
  const [red, green] = await Promise.all(
    [[200, 0, 0] as const, [0, 200, 0] as const].map(async (color) =>
      fileOf(await plainPng({ width: 8, height: 8 }, color)),
    ),
  );
  const result = await execute('mutation($input: UploadImagesInput!) { uploadImages(input: $input) { __typename } }', {
    input: { accountId: newAccount(), images: [{ file: red }, { file: green }, { file: red }] },
  });
  expect(result).toEqual({
    uploadImages: [
      { __typename: 'UploadImagePayload' },
      { __typename: 'UploadImagePayload' },
      { __typename: 'DuplicateImageError' },
    ],
  });
});

test('a request that cannot run is thrown with what the server says of it', async () => {
  await expect(example.listImages(execute, { accountId: 'nobody', first: 10 })).rejects.toMatchObject({
    name: 'GraphqlRequestError',
    message: expect.stringContaining('nobody'),
  });
  await expect(example.createClient(`${server.url}/nowhere`)('{ __typename }', {})).rejects.toMatchObject({
    name: 'GraphqlRequestError',
    status: 404,
  });
});
