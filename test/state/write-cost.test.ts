import { afterAll, beforeAll, expect, test } from 'vitest';
import { changeImage, deleteImage, uploadImage } from '../support/image-operations.js';
import { plainPng } from '../support/sample-images.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

let red = 0;
const newBytes = () => {
  red += 1;
  return plainPng({ width: 8, height: 8 }, [red, 0, 0]);
};

/** The statements up to the commit; those that follow read what the response shows. `BEGIN` is not among them. */
const writingStatements = async (operation: () => Promise<unknown>): Promise<string[]> => {
  server.sql.length = 0;
  await operation();
  const end = server.sql.findIndex((sql) => sql.includes('COMMIT'));
  expect(end, 'a commit').toBeGreaterThan(0);
  return server.sql.slice(0, end);
};

const metadata = (altText: string) => ({ metadata: { altText } });

/** With the read that checks whose image it is, and one statement for the journal of changes. */
const mostStatements = { upload: 4, 'change of metadata': 6, replacement: 9, disabling: 4, deletion: 5 };

test('no write costs more statements than it must: each is a round trip to a database elsewhere', async () => {
  const { id } = await uploadImage(server, await newBytes());
  const bytes = { uploaded: await newBytes(), replaced: await newBytes() };
  const operations: Record<keyof typeof mostStatements, () => Promise<unknown>> = {
    upload: () => uploadImage(server, bytes.uploaded, { altText: 'text' }),
    'change of metadata': () => changeImage(server, 'updateImage', 'UpdateImageInput', { id, ...metadata('other') }),
    replacement: () => changeImage(server, 'replaceImage', 'ReplaceImageInput', { id }, bytes.replaced),
    disabling: () => server.query('mutation($id: ID!) { disableImage(input: { id: $id }) { __typename } }', { id }),
    deletion: () => deleteImage(server, id),
  };
  for (const [name, operation] of Object.entries(operations)) {
    const statements = await writingStatements(operation);
    const most = mostStatements[name as keyof typeof mostStatements];
    expect(statements.length, `${name}: ${statements.join('\n')}`).toBeLessThanOrEqual(most);
  }
});
