import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { graphqlClient } from '../support/graphql-client.js';
import { uploadImage } from '../support/image-operations.js';
import { decode, photoPng } from '../support/sample-images.js';
import { startServerProcess } from '../support/server-process.js';
import { useTempFolder } from '../support/temp-folder.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A copy of the compiled server in which each text of a file is replaced. */
const changedServer = async (
  folder: string,
  changes: readonly (readonly [file: string, from: string, to: string])[],
) => {
  await mkdir(folder);
  await cp(join(root, 'dist'), join(folder, 'dist'), { recursive: true });
  for (const name of ['node_modules', 'prisma', 'package.json', 'schema.graphql']) {
    await symlink(join(root, name), join(folder, name));
  }
  for (const [file, from, to] of changes) {
    const path = join(folder, 'dist', file);
    const text = await readFile(path, 'utf8');
    if (text.split(from).length !== 2) throw new Error(`${file} does not have "${from}" once.`);
    await writeFile(path, text.replace(from, to));
  }
  return join(folder, 'dist/main.js');
};

test('a description and a step of the pipeline add a transform to URLs, GraphQL, the API document and the render', async () => {
  const folder = await useTempFolder();
  const programPath = await changedServer(join(folder, 'server'), [
    [
      'domain/delivery/transform/transform.js',
      'enlarge: toggleParameter(',
      "gray: toggleParameter({ description: 'Removes all color.', isEffect: true }),\n    enlarge: toggleParameter(",
    ],
    [
      'pipeline/render.js',
      'blur, fillBackground];',
      'blur, fillBackground, (image, { plan }) => (plan.gray ? image.grayscale() : image)];',
    ],
  ]);
  const server = await startServerProcess({ DATA_DIR: join(folder, 'data') }, { programPath });
  const client = graphqlClient(server.url);
  const { id } = await uploadImage(client, await photoPng());
  const { data } = await client.query(
    'query($id: ID!) { image(by: { id: $id }) { plain: url(transform: { format: PNG }) gray: url(transform: { format: PNG, gray: true }) } }',
    { id },
  );
  const { plain, gray } = data.image;
  expect(new URL(gray).searchParams.get('gray')).toBe('1');

  const isGray = async (url: string): Promise<boolean> => {
    const { width, height, pixelAt } = await decode(Buffer.from(await (await fetch(url)).arrayBuffer()));
    const places = Array.from({ length: Math.min(width, height) }, (_, index) => pixelAt(index, index));
    return places.every(([red, green, blue]) => red === green && green === blue);
  };
  expect([await isGray(plain), await isGray(gray)]).toEqual([false, true]);

  const malformed = await fetch(gray.replace('gray=1', 'gray=yes'));
  expect([malformed.status, await malformed.json()]).toEqual([400, { error: 'gray: must be 0 or 1.' }]);
  expect(await (await fetch(`${server.url}/openapi.json`)).text()).toContain(
    'Removes all color. The value must be 0 or 1.',
  );
});
