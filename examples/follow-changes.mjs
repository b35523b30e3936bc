// Keeps a list of an account's images up to date in a file, by the changes that image-facade reports. It may be stopped or killed at
// any time, and so may the server: it misses no change. docs/events.md explains how.
//
//   node examples/follow-changes.mjs <server> <account> <file>
//
// The environment variable API_KEY has the key (`id.secret`) for a server that requires one.
import { readFile, rename, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const [server, accountId, path] = process.argv.slice(2);
if (!server || !accountId || !path) {
  process.stderr.write('Usage: node follow-changes.mjs <server> <account> <file>\n');
  process.exit(2);
}

/** The server sends something every 12 seconds. A connection that is silent for longer is dead. */
const maxSilenceMs = 30_000;
const longestPauseMs = 30_000;
const passingErrors = ['INTERNAL_SERVER_ERROR', 'LIMIT_EXCEEDED', 'QUERY_TIMEOUT', 'RATE_LIMITED', 'UNAVAILABLE'];

const report = (line) => process.stdout.write(`${line}\n`);

const imageFields = 'id url updatedOn';
const changeFields = `cursor kind changedId image { ${imageFields} }`;

const headers = {
  'content-type': 'application/json',
  ...(process.env.API_KEY ? { authorization: `Bearer ${process.env.API_KEY}` } : {}),
};

class GraphqlError extends Error {
  constructor({ message, extensions }) {
    super(message);
    this.code = extensions?.code;
  }
}

const dataOf = ({ data, errors }) => {
  if (errors?.length) throw new GraphqlError(errors[0]);
  return data;
};

const post = (query, variables, options) =>
  fetch(new URL('/graphql', server), {
    method: 'POST',
    body: JSON.stringify({ query, variables: { accountId, ...variables } }),
    ...options,
    headers: { ...headers, ...options.headers },
  });

const read = async (query, variables = {}) =>
  dataOf(await (await post(query, variables, { signal: AbortSignal.timeout(maxSilenceMs) })).json());

/** The results of a subscription, until its connection ends. */
async function* subscribe(query, variables) {
  const connection = new AbortController();
  const watchdog = setTimeout(() => connection.abort(), maxSilenceMs);
  try {
    const options = { headers: { accept: 'text/event-stream' }, signal: connection.signal };
    const response = await post(query, variables, options);
    // a refusal is an ordinary response
    if (!response.headers.get('content-type')?.startsWith('text/event-stream')) {
      dataOf(await response.json());
      return;
    }
    let text = '';
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      watchdog.refresh();
      text += chunk;
      const events = text.split('\n\n');
      text = events.pop();
      for (const event of events) {
        const data = /^data: (.+)$/m.exec(event)?.[1];
        if (data) yield dataOf(JSON.parse(data));
      }
    }
  } finally {
    clearTimeout(watchdog);
    connection.abort();
  }
}

/** What is known: the images by their id, and the cursor up to which all changes are in them. */
const load = async () => {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
};

/** Images and cursor go to the disk in one step, so that they always belong together. */
const save = async (state) => {
  const draft = `${path}.new`;
  await writeFile(draft, JSON.stringify(state, null, 2), { flush: true });
  await rename(draft, path);
};

/** The cursor is read first: what changes while the list is read is reported after it. */
const readEverything = async () => {
  const { changes } = await read(
    'query($accountId: UUID!) { changes(accountId: $accountId, first: 0) { latestCursor } }',
  );
  const images = {};
  for (let after = null, hasNextPage = true; hasNextPage; ) {
    const page = await read(
      `query($accountId: UUID!, $after: String) {
        images(accountId: $accountId, orderBy: CREATED_ON_ASC, first: 200, after: $after) {
          nodes { ${imageFields} } pageInfo { hasNextPage endCursor } } }`,
      { after },
    );
    for (const image of page.images.nodes) images[image.id] = image;
    ({ hasNextPage, endCursor: after } = page.images.pageInfo);
  }
  const state = { cursor: changes.latestCursor, images };
  await save(state);
  report(`read all ${Object.keys(images).length} images`);
  return state;
};

/** A change may be applied twice: its image is the state that it left, or a later one. */
const apply = (state, { kind, changedId, image }) => {
  if (image) state.images[changedId] = image;
  else delete state.images[changedId];
  report(`${kind} ${changedId}`);
};

/** Reads the changes since the cursor in pages. The cursor advances even if the account has no changes, so that it does not expire. */
const catchUp = async (state) => {
  for (let hasNextPage = true; hasNextPage; ) {
    const { changes } = await read(
      `query($accountId: UUID!, $after: ChangeCursor) {
        changes(accountId: $accountId, first: 200, after: $after) {
          nodes { ${changeFields} } pageInfo { hasNextPage endCursor } latestCursor } }`,
      { after: state.cursor },
    );
    for (const change of changes.nodes) apply(state, change);
    ({ hasNextPage } = changes.pageInfo);
    state.cursor = hasNextPage ? changes.pageInfo.endCursor : changes.latestCursor;
    await save(state);
  }
};

const follow = async (state) => {
  const changes = subscribe(
    `subscription($accountId: UUID!, $after: ChangeCursor) {
      imageChanged(accountId: $accountId, after: $after) { ${changeFields} } }`,
    { after: state.cursor },
  );
  for await (const { imageChanged } of changes) {
    apply(state, imageChanged);
    state.cursor = imageChanged.cursor;
    await save(state);
  }
};

let state = await load();
for (let failures = 0; ; ) {
  try {
    state ??= await readEverything();
    await catchUp(state);
    failures = 0;
    await follow(state);
    report('the connection ended');
  } catch (error) {
    report(error instanceof GraphqlError ? `${error.code}: ${error.message}` : String(error));
    // changes may be missing from what is known
    if (error.code === 'CURSOR_EXPIRED') state = null;
    // any other, such as that of a wrong key, would not pass
    else if (error instanceof GraphqlError && !passingErrors.includes(error.code)) process.exit(1);
    failures += 1;
  }
  await sleep(Math.min(2 ** failures * 100, longestPauseMs) * (0.5 + Math.random()));
}
