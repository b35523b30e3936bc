import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { FolderSpool } from '../blobs/spool.js';
import type { Config } from '../config.js';
import { FailedRenders } from '../domain/delivery/failed-renders.js';
import { openCaller } from '../domain/identity/caller.js';
import { type AccountId, asAccountId, type ImageId, type PublicId, publicIdLength } from '../domain/images/image.js';
import { createImportService, type ImportService } from '../domain/imports/import-service.js';
import { alphanumericIds } from '../lib/alphanumeric-ids.js';
import { KeyedMutex } from '../lib/keyed-mutex.js';
import { pause } from '../lib/pause.js';
import { createImageProcessor } from '../pipeline/processor.js';
import { createGleanUpstream, type GleanLines, gleanHeaders } from '../upstream/glean.js';
import { createMetalUpstream, metalHeaders } from '../upstream/metal.js';
import { createMoovUpstream, moovHeaders } from '../upstream/moov.js';
import { type ItemOutcome, runImport } from '../upstream/run-import.js';
import type { Upstream } from '../upstream/upstream.js';
import { UpstreamClient, UpstreamError } from '../upstream/upstream-client.js';
import { openWorkplace } from './open-workplace.js';
import { Progress } from './progress.js';
import { parseCommandLine, printError, printLine, runTool, UsageError } from './run-tool.js';
import { readConfig } from './tool-database.js';

const usage = `Imports images from another API, with their ids and dates, and keeps them up to date. The server may be running.

  npm run import -- moov --account <uuid> [--from <url>]     the images of an account; from https://api.moov.io unless given
  npm run import -- metal --from <url>                       the images of a metal-stack, such as https://api.example.com/metal
  npm run import -- glean --from <url> --keys <file>         the images with these keys, one on each line
  npm run import -- glean --from <url> --addresses <file>    the images at these addresses, each a line such as {"type":"USER","id":"42"}

  --dry-run        compares only: says what would be imported, and writes nothing
  --prune          removes what was imported from there and is not there any more
  --every <time>   goes on as a mirror, with this pause: 60s, 5m or 1h

What is unchanged there is not fetched again, and an interrupted import goes on when it is run again.
Glean has no list, so that --dry-run and --prune are not for it; its images go to the account GLEAN_ACCOUNT_ID, or --account.
Moov offers no originals: what is imported is its public rendition, of at most 2048 pixels a side.
Credentials come from the environment or a .env file: UPSTREAM_MOOV_PUBLIC_KEY and UPSTREAM_MOOV_SECRET_KEY, or UPSTREAM_MOOV_TOKEN;
UPSTREAM_METAL_HMAC_KEY and UPSTREAM_METAL_HMAC_TYPE, or UPSTREAM_METAL_TOKEN; UPSTREAM_GLEAN_TOKEN and, for a global token,
UPSTREAM_GLEAN_ACT_AS. DATA_DIR, DATABASE_URL and BLOB_STORE_URL say where
the images go, as they do for the server. Exits with 1 if an image was not imported.
`;

const vendors = ['moov', 'metal', 'glean'] as const;
type Vendor = (typeof vendors)[number];
const moovUrl = 'https://api.moov.io';

interface Options {
  readonly from:
    | { readonly vendor: 'moov'; readonly accountId: AccountId }
    | { readonly vendor: 'metal' }
    | { readonly vendor: 'glean'; readonly accountId: AccountId; readonly wanted: GleanLines };
  readonly baseUrl: string;
  readonly dryRun: boolean;
  readonly prune: boolean;
  /** Null to run once. */
  readonly everyMs: number | null;
}

const parseOptions = async (args: string[], { gleanAccountId }: Config): Promise<Options> => {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const { values, positionals } = parseCommandLine({
    args,
    allowPositionals: true,
    options: {
      ...{ account: text, from: text, every: text, prune: flag, 'dry-run': flag },
      ...{ keys: text, addresses: text },
    },
  });
  const vendor = vendors.find((known) => known === positionals[0]);
  if (!vendor || positionals.length > 1) throw new UsageError('Name the API to import from: moov, metal or glean.');
  const { account, from = vendor === 'moov' ? moovUrl : undefined, every } = values;
  const { keys, addresses, prune = false, 'dry-run': dryRun = false } = values;
  if (account !== undefined && vendor === 'metal') throw new UsageError('Metal images belong to no account.');
  if (from === undefined) throw new UsageError('--from needs the URL of the API.');
  if (vendor === 'glean' && (prune || dryRun)) {
    throw new UsageError("Glean's API has no list: --prune and --dry-run are not possible.");
  }
  if (vendor !== 'glean' && (keys ?? addresses) !== undefined)
    throw new UsageError('Only Glean needs --keys or --addresses.');
  return {
    from: await sourceOf(vendor, account ?? (vendor === 'glean' ? gleanAccountId : null) ?? undefined, {
      keys,
      addresses,
    }),
    baseUrl: baseUrlOf(from),
    prune,
    dryRun,
    everyMs: every === undefined ? null : timeOf(every),
  };
};

interface GleanFiles {
  readonly keys: string | undefined;
  readonly addresses: string | undefined;
}

const sourceOf = async (vendor: Vendor, account: string | undefined, files: GleanFiles): Promise<Options['from']> => {
  if (vendor === 'metal') return { vendor };
  const accountId = accountOf(account);
  return vendor === 'moov' ? { vendor, accountId } : { vendor, accountId, wanted: await linesOf(files) };
};

const linesOf = async ({ keys, addresses }: GleanFiles): Promise<GleanLines> => {
  const path = keys ?? addresses;
  if (path === undefined || (keys !== undefined && addresses !== undefined)) {
    throw new UsageError('Glean needs --keys or --addresses: a file with one on each line.');
  }
  try {
    const lines = (await readFile(path, 'utf8')).split('\n');
    return { kind: keys === undefined ? 'addresses' : 'keys', lines };
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
};

const accountOf = (text = ''): AccountId => {
  const accountId = asAccountId(text);
  if (!accountId) throw new UsageError('--account must be the UUID of an account.');
  return accountId;
};

const baseUrlOf = (text: string): string => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || /[?#]/.test(text)) {
    throw new UsageError('--from accepts an absolute http or https URL without a query, such as https://api.moov.io.');
  }
  if (url.username || url.password)
    throw new UsageError('--from accepts no credentials: they come from the environment.');
  return url.href.replace(/\/+$/, '');
};

const unitsMs = { s: 1_000, m: 60_000, h: 3_600_000 } as const;
/** The longest pause of a timer. */
const longestMs = 2 ** 31 - 1;

const timeOf = (text: string): number => {
  const [, digits, unit] = /^(\d{1,6})([smh])$/.exec(text) ?? [];
  const timeMs = Number(digits) * (unitsMs[unit as keyof typeof unitsMs] ?? Number.NaN);
  if (timeMs >= 1_000 && timeMs <= longestMs) return timeMs;
  throw new UsageError('--every accepts a time such as 60s, 5m or 1h, of one second or more.');
};

interface Target {
  readonly imports: ImportService;
  readonly spool: FolderSpool;
  close(): Promise<void>;
}

/** Opens what the server works on, next to it. */
const openTarget = async (config: Config): Promise<Target> => {
  const { blobStore, defaultLocale, limits } = config;
  const originals = blobStore.kind === 'folder' ? [blobStore.path] : [];
  const { state, blobs, space, spool, close } = await openWorkplace(config, originals);
  const processor = createImageProcessor(limits);
  const newPublicId = alphanumericIds(publicIdLength);
  const imports = createImportService({
    ...{ state, blobs, space, limits, defaultLocale },
    inspect: ({ path, formats }) => processor.inspect(path, formats),
    failedRenders: new FailedRenders(limits.failedRenderSeconds),
    hashLocks: new KeyedMutex(),
    now: () => new Date(),
    newImageId: () => randomUUID() as ImageId,
    newPublicId: () => newPublicId() as PublicId,
  });
  return { imports, spool, close };
};

const openUpstream = (
  { from, baseUrl }: Options,
  { upstreamCredentials, limits }: Config,
  spool: FolderSpool,
  signal: AbortSignal,
): Upstream => {
  if (from.vendor === 'metal') {
    const headers = () => metalHeaders(upstreamCredentials.metal);
    return createMetalUpstream({ baseUrl, client: new UpstreamClient({ baseUrl, headers, limits, signal }) });
  }
  const { accountId } = from;
  if (from.vendor === 'glean') {
    const headers = () => gleanHeaders(upstreamCredentials.glean);
    const client = new UpstreamClient({ baseUrl, headers, limits, signal });
    return createGleanUpstream({ baseUrl, accountId, client, spool, limits, wanted: from.wanted });
  }
  const headers = () => moovHeaders(upstreamCredentials.moov);
  const client = new UpstreamClient({ baseUrl, headers, limits, signal });
  return createMoovUpstream({ baseUrl, accountId, client, spool, limits });
};

/** Resolves with whether everything was imported. */
const importOnce = async (
  target: Target,
  upstream: Upstream,
  options: Options,
  signal: AbortSignal,
): Promise<boolean> => {
  const counts = { created: 0, updated: 0, unchanged: 0, removed: 0, gone: 0, refused: 0 };
  const progress = new Progress(null, 'images', process.stderr);
  const printAbove = (line: string): void => {
    progress.clear();
    printLine(line);
  };
  const onDone = (label: string, outcome: ItemOutcome): void => {
    const kind = typeof outcome === 'string' ? outcome : 'refused';
    counts[kind] += 1;
    if (typeof outcome !== 'string') printAbove(`refused    ${label}  ${outcome.refused}`);
    progress.step();
  };
  let failure: string | undefined;
  try {
    await runImport({ ...target, ...options, upstream, caller: openCaller, onDone, signal });
  } catch (error) {
    if (!(error instanceof UpstreamError) && !signal.aborted) throw error;
    failure = signal.aborted ? 'It was interrupted: run it again to go on.' : (error as Error).message;
  }
  const { created, updated, unchanged, removed, gone, refused } = counts;
  const prefix = options.dryRun ? 'Dry run, nothing was written. ' : '';
  const missing = gone > 0 ? `, ${gone} gone there and kept here` : '';
  printAbove(
    `${prefix}${upstream.source}: ${created} created, ${updated} updated, ${unchanged} unchanged, ${removed} removed${missing}, ${refused} refused.`,
  );
  if (failure !== undefined) printError(failure);
  return failure === undefined && refused === 0;
};

runTool(usage, async (args) => {
  const config = readConfig();
  const options = await parseOptions(args, config);
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
  const target = await openTarget(config);
  try {
    const upstream = openUpstream(options, config, target.spool, stop.signal);
    if (options.from.vendor === 'moov') {
      printLine('Moov offers no originals: its public renditions are imported, of at most 2048 pixels a side.');
    }
    for (;;) {
      const isComplete = await importOnce(target, upstream, options, stop.signal);
      if (options.everyMs === null) {
        if (!isComplete) process.exitCode = 1;
        return;
      }
      await pause(options.everyMs, stop.signal);
      if (stop.signal.aborted) return;
    }
  } finally {
    await target.close();
  }
});
