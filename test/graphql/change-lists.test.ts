import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { encodeChangeCursor } from '../../src/domain/changes/changes.js';
import { openEventStream } from '../support/event-stream.js';
import { changeImage, deleteImage, uploadImage } from '../support/image-operations.js';
import { journalHead } from '../support/journal-head.js';
import { bearer, makeKey } from '../support/keys.js';
import { changeMetalImage, createMetalImage, deleteMetalImage, setMetalImageUse } from '../support/metal-operations.js';
import { newPhoto } from '../support/sample-images.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const accountId = randomUUID();
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const pageFields = 'pageInfo { hasPreviousPage hasNextPage startCursor endCursor } latestCursor';
const changesQuery = `query($accountId: UUID, $first: PageSize, $after: ChangeCursor) {
  changes(accountId: $accountId, first: $first, after: $after) {
    edges { cursor node { cursor kind changedId occurredOn image { id metadata { altText } } } } ${pageFields} } }`;
const metalQuery = `query($first: PageSize, $after: ChangeCursor) {
  changes: metalImageChanges(first: $first, after: $after) {
    edges { cursor node { cursor kind changedId metalImage { imageId name } } } ${pageFields} } }`;

type Window = { readonly first?: number; readonly after?: string | undefined };

const listChanges = async (window: Window = {}, document = changesQuery, account = accountId) => {
  const { data, errors } = await server.query(document, { accountId: account, ...window });
  expect(errors).toBeUndefined();
  return data.changes;
};

const kindsOf = (page: { edges: { node: { kind: string } }[] }) => page.edges.map(({ node }) => node.kind);

/** Each window on a list, with what its page info has to be counted in the whole list. */
const expectWindows = async (document: string): Promise<void> => {
  const whole = await listChanges({ first: 200 }, document);
  const cursors: string[] = whole.edges.map(({ cursor }: { cursor: string }) => cursor);
  expect(whole.edges.map(({ node }: { node: { cursor: string } }) => node.cursor)).toEqual(cursors);
  expect(new Set(cursors).size).toBe(cursors.length);
  for (const [start, after] of [undefined, ...cursors].entries()) {
    for (const first of [0, 1, 2, cursors.length]) {
      const page = await listChanges({ first, after }, document);
      const shown = cursors.slice(start, start + first);
      expect(page.edges).toEqual(whole.edges.slice(start, start + first));
      expect(page.pageInfo).toEqual({
        hasPreviousPage: start > 0,
        hasNextPage: start + first < cursors.length,
        startCursor: shown.at(0) ?? null,
        endCursor: shown.at(-1) ?? null,
      });
    }
  }
};

describe('changes', () => {
  beforeAll(async () => {
    const [kept, gone] = [await uploadImage(server, await newPhoto(), undefined, accountId), await newPhoto()];
    await uploadImage(server, await newPhoto(), undefined, randomUUID());
    const { id } = await uploadImage(server, gone, undefined, accountId);
    await changeImage(server, 'updateImage', 'UpdateImageInput', { id: kept.id, metadata: { altText: 'now' } });
    await createMetalImage(server, 'between-1.0');
    await changeImage(server, 'disableImage', 'ImageIdInput', { id: kept.id });
    await deleteImage(server, id);
  });

  test('are those of the account, oldest first, with the image as it is now; a deleted image is null in each of its changes', async () => {
    const page = await listChanges();
    expect(kindsOf(page)).toEqual(['CREATED', 'CREATED', 'UPDATED', 'DISABLED', 'DELETED']);
    const images = page.edges.map(({ node }: { node: { image: unknown } }) => node.image);
    const kept = { id: page.edges[0].node.changedId, metadata: { altText: 'now' } };
    expect(images).toEqual([kept, null, kept, kept, null]);
  });

  test('have the cursors and the contents that the subscription sends', async () => {
    const { edges } = await listChanges();
    const stream = await openEventStream(
      server,
      `subscription($accountId: UUID!, $after: ChangeCursor) { imageChanged(accountId: $accountId, after: $after) {
        cursor kind changedId occurredOn image { id metadata { altText } } } }`,
      { accountId, after: edges[0].cursor },
    );
    onTestFinished(() => stream.close());
    for (const { node } of edges.slice(1)) {
      const { image, ...facts } = ((await stream.next()) ?? { data: {} }).data.imageChanged;
      expect(node).toMatchObject(facts);
      if (node.image) expect(image.id).toBe(node.image.id);
    }
  });

  test('page by any window, with true page info', () => expectWindows(changesQuery));

  test('cost two SELECTs for a page, one for its images’ metadata, and one each to check the cursor and to look back', async () => {
    const selects = async (window: Window, fields: string): Promise<number> => {
      server.sql.length = 0;
      const document = `query($accountId: UUID, $first: PageSize, $after: ChangeCursor) {
        changes(accountId: $accountId, first: $first, after: $after) { nodes { cursor ${fields} } latestCursor
          pageInfo { hasNextPage endCursor ${fields.includes('metadata') ? 'hasPreviousPage' : ''} } } }`;
      await listChanges(window, document);
      return server.sql.filter((statement) => /^\s*SELECT/i.test(statement)).length;
    };
    for (const first of [1, 5, 200]) expect(await selects({ first }, 'image { id }')).toBe(2);
    const after = (await listChanges({ first: 1 })).edges[0].cursor;
    for (const first of [1, 5, 200]) expect(await selects({ first, after }, 'image { id }')).toBe(3);
    // nothing keeps the metadata of a new revision in memory; looking back reads a change and its image
    const id = (await listChanges()).edges[0].node.changedId;
    const metadata = { altText: randomUUID() };
    await server.query('mutation($input: UpdateImageInput!) { updateImage(input: $input) { __typename } }', {
      input: { id, metadata },
    });
    expect(await selects({ first: 200, after }, 'image { metadata { altText } }')).toBe(6);
  });

  test('of a page that is too large, or of text that is no cursor, are refused with what is accepted', async () => {
    for (const first of [201, -1]) {
      const { errors } = await server.query(changesQuery, { accountId, first });
      expect(errors).toMatchObject([{ message: expect.stringContaining('0 to 200') }]);
    }
    const { errors } = await server.query(changesQuery, { accountId, after: 'nonsense' });
    expect(errors).toMatchObject([{ message: expect.stringContaining('ChangeCursor accepts') }]);
  });

  test('cost what their page may have, so that aliases cannot multiply them for free', async () => {
    const field = `changes(accountId: "${accountId}", first: 200) { nodes { kind changedId image { id } } }`;
    const aliased = Array.from({ length: 30 }, (_, index) => `a${index}: ${field}`).join(' ');
    expect((await server.query(`{ ${aliased} }`)).errors).toMatchObject([
      { message: expect.stringContaining('a0.nodes'), extensions: { code: 'LIMIT_EXCEEDED' } },
    ]);
    expect((await server.query(`{ ${field} }`)).errors).toBeUndefined();
  });
});

test('metalImageChanges reports what metalImageChanged does, pages alike, and says nothing of machines', async () => {
  const start = (await listChanges({ first: 0 }, metalQuery)).latestCursor;
  await createMetalImage(server, 'listed-1.0');
  await setMetalImageUse(server, 'machine', 'listed-1.0');
  await changeMetalImage(server, 'updateMetalImage', 'UpdateMetalImageInput', { imageId: 'listed-1.0', name: 'new' });
  await createMetalImage(server, 'listed-1.1');
  await deleteMetalImage(server, 'listed-1.1');
  const page = await listChanges({ after: start }, metalQuery);
  expect(page.edges.map(({ node: { kind, metalImage } }: never) => [kind, metalImage])).toEqual([
    ['CREATED', { imageId: 'listed-1.0', name: 'new' }],
    ['UPDATED', { imageId: 'listed-1.0', name: 'new' }],
    ['CREATED', null],
    ['DELETED', null],
  ]);
  expect(JSON.stringify(page)).not.toContain('machine');
  await expectWindows(metalQuery);
});

test('a key of one account reads the changes of its own without naming it, and of no other', async () => {
  const guarded = await startTestServer({ AUTH: 'keys' });
  onTestFinished(() => guarded.close());
  const [own, other] = [randomUUID(), randomUUID()];
  const writer = bearer(await makeKey(guarded, { account: null, scopes: ['images.write', 'images.read'] }));
  for (const account of [own, other]) {
    await guarded.upload(
      'mutation($input: UploadImageInput!) { uploadImage(input: $input) { __typename } }',
      { input: { accountId: account, file: null } },
      { 'input.file': await newPhoto() },
      writer,
    );
  }
  const reader = bearer(await makeKey(guarded, { account: own, scopes: ['images.read'] }));
  const { data } = await guarded.query('{ changes { nodes { image { accountId } } } }', {}, reader);
  expect(data.changes.nodes).toEqual([{ image: { accountId: own } }]);
  const refused = await guarded.query(changesQuery, { accountId: other }, reader);
  expect(refused.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  const metal = await guarded.query(metalQuery, {}, reader);
  expect(metal.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  const unnamed = await guarded.query(changesQuery, {}, writer);
  expect(unnamed.errors).toMatchObject([
    { message: expect.stringContaining('accountId'), extensions: { code: 'INVALID_INPUT' } },
  ]);
});

describe('a cursor', () => {
  test('of another database, or from after the newest change, is refused, and the other fields of the document are not', async () => {
    const { store, seq } = await journalHead(server);
    for (const cursor of [
      { store: randomUUID(), seq: 1 },
      { store, seq: seq + 1 },
    ]) {
      for (const field of [`changes(accountId: "${accountId}", `, 'metalImageChanges(']) {
        const { data, errors } = await server.query(
          `{ refused: ${field}after: "${encodeChangeCursor(cursor)}") { latestCursor } limits { pageMax } }`,
        );
        expect(data).toEqual({ refused: null, limits: { pageMax: 200 } });
        expect(errors).toMatchObject([{ path: ['refused'], extensions: { code: 'CURSOR_EXPIRED' } }]);
      }
    }
  });

  test('that is older than the retention is refused; the latest of an account without changes never is', async () => {
    const clock = { now: new Date() };
    const aging = await startTestServer({ CHANGE_RETENTION_DAYS: '1' }, { now: () => clock.now });
    onTestFinished(() => aging.close());
    const quiet = randomUUID();
    const read = async (account: string, after?: string) => {
      const { data, errors } = await aging.query(changesQuery, { accountId: account, after });
      return { page: data.changes, code: errors?.[0]?.extensions?.['code'] };
    };
    await uploadImage(aging, await newPhoto(), undefined, accountId);
    const old = (await read(accountId)).page.edges[0].cursor;
    for (let day = 0; day < 3; day += 1) {
      await uploadImage(aging, await newPhoto(), undefined, accountId);
      const latest = (await read(quiet)).page.latestCursor;
      clock.now = new Date(clock.now.getTime() + 2 * 24 * 60 * 60 * 1_000);
      await aging.app.images.expireChanges();
      const { page, code } = await read(quiet, latest);
      expect(code).toBeUndefined();
      expect(page).toMatchObject({ edges: [], pageInfo: { hasNextPage: false, hasPreviousPage: false } });
    }
    expect((await read(accountId, old)).code).toBe('CURSOR_EXPIRED');
    // what is kept is read without a cursor
    expect(kindsOf((await read(accountId)).page)).toEqual(['CREATED']);
  });
});

test('the latest cursor is the position of all accounts: what is read after it is what came after', async () => {
  const quiet = randomUUID();
  const { latestCursor } = await listChanges({ first: 0 }, changesQuery, quiet);
  await uploadImage(server, await newPhoto(), undefined, accountId);
  const idle = await listChanges({ after: latestCursor }, changesQuery, quiet);
  expect(idle.edges).toEqual([]);
  expect(idle.latestCursor).not.toBe(latestCursor);
  await uploadImage(server, await newPhoto(), undefined, quiet);
  for (const after of [latestCursor, idle.latestCursor]) {
    expect(kindsOf(await listChanges({ after }, changesQuery, quiet))).toEqual(['CREATED']);
  }
});
