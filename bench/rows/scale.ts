import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Baseline } from '../baselines/baseline.js';
import { cpuTimeUs, cpuTimeWithEndedUs } from '../cpu-time.js';
import { accountId, Uploader } from '../load/upload.js';
import { median } from '../median.js';
import { type Pace, scaled } from '../pace.js';
import { type Product, startProduct } from '../product.js';
import type { Row, RowContext } from '../row.js';
import { runParallel } from '../run-parallel.js';
import { distinctJpeg } from '../sources/distinct-jpeg.js';
import { projectFolder, type Workspace } from '../workspace.js';

const bucket = 'images';
const parallelPerServer = 4;

interface Database {
  readonly pid: number;
  createDatabase(): Promise<string>;
  stop(): Promise<void>;
}

/** What S3rver accepts as a signature. */
const credentials = {
  AWS_ACCESS_KEY_ID: 'S3RVER',
  AWS_SECRET_ACCESS_KEY: 'S3RVER',
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
};

/** Servers of one installation on PostgreSQL and an S3 store. */
const startServers = async (workspace: Workspace, database: Database, count: number): Promise<Product[]> => {
  const folder = join(workspace.folder, 'objects');
  await mkdir(folder);
  Object.assign(process.env, credentials);
  const { endpoint } = await Baseline.start(workspace, 's3-store').ask<object, { endpoint: string }>({
    folder,
    bucket,
  });
  const shared = {
    ...credentials,
    DATABASE_URL: await database.createDatabase(),
    BLOB_STORE_URL: `s3://${bucket}?endpoint=${encodeURIComponent(endpoint)}&pathStyle=1`,
  };
  const servers: Product[] = [];
  for (let index = 0; index < count; index += 1)
    servers.push(await startProduct(workspace, join(workspace.folder, `server-${index}`), shared));
  return servers;
};

/** The processor time that PostgreSQL has used in all of its processes, those that ended included. */
const databaseCpuUs = async (pid: number): Promise<number> => {
  const children: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    if (stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] === String(pid)) children.push(Number(name));
  }
  const times = await Promise.all(children.map((child) => cpuTimeUs(child).catch(() => 0)));
  return (await cpuTimeWithEndedUs(pid)) + times.reduce((sum, time) => sum + time, 0);
};

/** One operation on a server, whose number no other has. */
type Operation = (server: Product, number: number) => Promise<void>;

interface Load {
  readonly what: string;
  readonly count: number;
  /** Makes what is measured, once the servers run. */
  readonly prepare: (context: RowContext, servers: readonly Product[]) => Promise<Operation>;
}

const uploads: Load = {
  what: 'uploads of 1 MB JPEGs',
  count: 60,
  prepare: async ({ sources }, servers) => {
    const { bytes } = await sources.upload();
    const uploaders = new Map(servers.map((server) => [server, new Uploader(server, parallelPerServer)]));
    return async (server, number) => {
      await uploaders.get(server)?.upload(distinctJpeg(bytes, number));
    };
  },
};

const document = `query($accountId: UUID!, $since: DateTime!) {
  images(accountId: $accountId, first: 20, filter: { createdOn: { min: $since } }) {
    nodes { width height mimeType metadata { altText } url }
  }
}`;

/** Pages that no server has in memory. */
const pages: Load = {
  what: 'pages of 20 images',
  count: 600,
  prepare: async ({ sources }, servers) => {
    const [first] = servers;
    if (!first) throw new Error('There is no server.');
    const uploader = new Uploader(first, 1);
    const { bytes } = await sources.avatar(1);
    for (let number = 0; number < 25; number += 1) await uploader.upload(distinctJpeg(bytes, number), `No. ${number}`);
    uploader.close();
    return async ({ url }, number) => {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: document, variables: { accountId, since: new Date(number) } }),
      });
      const { data } = (await response.json()) as { data?: { images: { nodes: unknown[] } } };
      if (data?.images.nodes.length !== 20) throw new Error('This is not the page that was meant.');
    };
  },
};

const measure = async (context: RowContext, database: Database, load: Load, count: number, pace: Pace) => {
  const servers = await startServers(context.workspace, database, count);
  const operate = await load.prepare(context, servers);
  let made = 0;
  const round = async () => {
    const numbers = Array.from({ length: scaled(load.count, pace) * count }, () => (made += 1));
    const cpuUs = async () => {
      const times = await Promise.all(servers.map(({ pid }) => cpuTimeUs(pid)));
      return { servers: times.reduce((sum, time) => sum + time, 0), database: await databaseCpuUs(database.pid) };
    };
    const before = await cpuUs();
    const figure = await runParallel(numbers, parallelPerServer * count, (number) =>
      operate(servers[number % count] as Product, number),
    );
    const after = await cpuUs();
    return {
      figure,
      servers: (after.servers - before.servers) / numbers.length,
      database: (after.database - before.database) / numbers.length,
    };
  };
  // what is compiled while it runs does not count
  await round();
  const rounds: Awaited<ReturnType<typeof round>>[] = [];
  for (let index = 0; index < pace.rounds; index += 1) rounds.push(await round());
  const ms = median(rounds.map((found) => found.database)) / 1_000;
  return {
    figure: median(rounds.map(({ figure }) => figure)),
    cpuUs: median(rounds.map((found) => found.servers)),
    note: `and ${ms.toPrecision(3)} ms of PostgreSQL`,
  };
};

const row = (load: Load, name: string, count: number): Row => ({
  name: `scale-${name}-${count}`,
  title: `${load.what}, ${count} ${count === 1 ? 'server' : 'servers'} on PostgreSQL and S3`,
  unit: '/s',
  async measure(context) {
    const path = join(projectFolder, 'scripts/postgresql-server.mjs');
    const { startPostgresql } = (await import(pathToFileURL(path).href)) as {
      startPostgresql: () => Promise<Database>;
    };
    const database = await startPostgresql();
    try {
      return await measure(context, database, load, count, context.pace);
    } finally {
      await database.stop();
    }
  },
});

/** How the work of an installation grows with its servers. Where all share two cores, what counts is the processor time of each. */
export const scaleRows: readonly Row[] = [1, 2, 3].flatMap((count) => [
  row(uploads, 'uploads', count),
  row(pages, 'pages', count),
]);
