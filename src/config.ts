import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import type { StoreLocation } from './blobs/store-location.js';
import type { Presets } from './domain/delivery/presets.js';
import type { TransformRule } from './domain/delivery/transform-policy.js';
import type { AccountId } from './domain/images/image.js';
import type { Locale } from './domain/images/locale.js';
import { defaultLimits, type Limits } from './domain/limits.js';
import { type DatabaseLocation, parseDatabaseLocation } from './state/database-location.js';
import type { UpstreamCredentials, UpstreamLocations } from './upstream/read-through/read-through.js';
import { environment } from './variables.js';
import type { HmacKeys, HmacType } from './vendors/metal/hmac.js';
import type { TagHeader } from './web/images/cdn-headers.js';

/** Requests a minute. Moov's own API allows 40 a second for an account. */
const defaultRateLimits = { open: 0, keys: 2_400 } as const;

export interface Config {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Under which base URL clients reach this server, without a slash at its end; null where it is what it listens on. */
  readonly publicUrl: string | null;
  readonly dataFolder: string;
  /** Where the state is kept; the path of a file is absolute. */
  readonly database: DatabaseLocation;
  /** Whether the server applies migrations when it starts. */
  readonly migrate: boolean;
  /** Where originals are kept; the path of a folder is absolute. */
  readonly blobStore: StoreLocation;
  /** The bytes of originals of a remote store that are kept on the disk. */
  readonly originalCacheBytes: number;
  /** `open`: anyone who reaches the server may do everything. `keys`: a caller may do what its key allows. */
  readonly auth: 'open' | 'keys';
  readonly corsOrigins: readonly string[];
  /** The proxies whose `X-Forwarded-*` headers count. */
  readonly trustedProxies: readonly string[];
  readonly limits: Limits;
  /** Requests a minute of one key or address, and of one address to public routes; 0 for no limit. */
  readonly rateLimits: { readonly perMinute: number; readonly publicPerMinute: number };
  /** The language of the alternative texts that the vendors' APIs show. */
  readonly defaultLocale: Locale;
  /** What a DELETE by Moov's API does. */
  readonly moovDelete: 'disable' | 'permanent';
  /** What comes before `/v1` in metal-stack's API, without a slash at its end; empty for nothing. */
  readonly metalBasePath: string;
  /** Whether the URL of a metal image must respond when it is set. */
  readonly metalUrlCheck: boolean;
  /** Whether webhooks may be sent to private addresses, and by http. */
  readonly webhookPrivateAddresses: boolean;
  /** The headers that name the image of a public response to a CDN; empty for none. */
  readonly cdnTags: readonly TagHeader[];
  /** Where the tags of images that change are sent, and the token that authorizes it; null for nowhere. */
  readonly cdnPurge: { readonly url: string; readonly token: string | null } | null;
  /** By what metal-stack's clients may sign their requests; a type without a key is off. */
  readonly metalHmacKeys: HmacKeys;
  /** How requests to the APIs that images are imported from authenticate. */
  readonly upstreamCredentials: UpstreamCredentials;
  /** The APIs in which the server looks for what is missing here. */
  readonly upstreams: UpstreamLocations;
  /** The account whose addressed images Glean's API serves to requests without a key; null for none. */
  readonly gleanAccountId: AccountId | null;
  /** How long originals that no image names are kept before they are removed. */
  readonly bytesGraceMs: number;
  /** How long changes are kept for clients that catch up. */
  readonly changeRetentionMs: number;
  /** Which transforms of public images may be requested without a signature. */
  readonly transforms: TransformRule;
  readonly presets: Presets;
  /** The first signs URLs, all verify them; empty if none are configured. */
  readonly signingKeys: readonly string[];
  /** The hosts whose files are fetched without encryption too. */
  readonly uploadHttpHosts: readonly string[];
  readonly variantFolder: string;
  /** What the kept variants may have together on the disk; 0 keeps none. */
  readonly variantCacheBytes: number;
  readonly renderConcurrency: number;
  readonly renderQueue: number;
  readonly introspection: boolean;
  readonly graphiql: boolean;
  readonly console: boolean;
  /** Whether models may use the server by the Model Context Protocol. */
  readonly mcp: boolean;
  /** The file of trusted documents, and whether no others run; null for no file. */
  readonly trustedDocuments: { readonly path: string; readonly mode: 'only' | 'also' } | null;
  readonly logLevel: string;
}

/** The configuration cannot be used; the message lists everything that is wrong with it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Whether nothing but this machine reaches the address. */
const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));

/** What each rule of transforms has to be configured with. */
const transformNeeds = [
  ['signed', 'SIGNING_KEYS', 'with which URLs are signed'],
  ['presets', 'SIGNING_KEYS', 'with which the URLs that GraphQL returns for other transforms are signed'],
  ['presets', 'PRESETS', 'the file with the transforms that may be requested without a signature'],
] as const;

/** @throws {ConfigError} that names every wrong variable and its accepted values. */
export const parseConfig = (variables: Readonly<Record<string, string | undefined>>): Config => {
  const given = Object.fromEntries(
    Object.entries(variables).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = environment.safeParse(given);
  const faults = parsed.success
    ? []
    : parsed.error.issues.map(
        (issue) => `${issue.path.join('.')}=${shown(given, String(issue.path[0]))}: ${issue.message}`,
      );
  if (given['AUTH'] !== 'keys' && !isLoopback(given['HOST'] ?? '127.0.0.1')) {
    faults.push(
      `HOST=${given['HOST']}: A server that asks for no key listens on loopback only: 127.0.0.1, ::1 or localhost. ` +
        'AUTH=keys allows other addresses.',
    );
  }
  const { location, problem } = databaseOf(given);
  if (problem) faults.push(problem);
  if (location?.kind === 'postgresql' && given['BYTES_GRACE_HOURS'] === '0') {
    faults.push('BYTES_GRACE_HOURS=0: With PostgreSQL it is 1 or more: another server may be storing the same bytes.');
  }
  if (given['CDN_PURGE_URL'] && (given['CDN_TAGS'] ?? 'off') === 'off') {
    faults.push('CDN_PURGE_URL: Needs CDN_TAGS, the headers whose tags are purged.');
  }
  if (given['UPSTREAM_GLEAN'] && !given['GLEAN_ACCOUNT_ID']) {
    faults.push(
      `UPSTREAM_GLEAN=${shown(given, 'UPSTREAM_GLEAN')}: Needs GLEAN_ACCOUNT_ID, the account that Glean's images belong to.`,
    );
  }
  if (given['UPSTREAM_MOOV_ACCOUNTS'] && !given['UPSTREAM_MOOV']) {
    faults.push(
      `UPSTREAM_MOOV_ACCOUNTS=${given['UPSTREAM_MOOV_ACCOUNTS']}: Needs UPSTREAM_MOOV, the API to look for their images in.`,
    );
  }
  if (given['TRUSTED_DOCUMENTS_MODE'] && !given['TRUSTED_DOCUMENTS']) {
    faults.push(
      `TRUSTED_DOCUMENTS_MODE=${given['TRUSTED_DOCUMENTS_MODE']}: Needs TRUSTED_DOCUMENTS, the file with the documents.`,
    );
  }
  for (const [rule, name, use] of transformNeeds) {
    if (given['TRANSFORMS'] === rule && !given[name]) faults.push(`TRANSFORMS=${rule}: Needs ${name}, ${use}.`);
  }
  if (parsed.data?.VARIANT_CACHE_BYTES === 0 && Array.from(parsed.data.PRESETS.values()).some(({ eager }) => eager)) {
    faults.push(
      'VARIANT_CACHE_BYTES=0: A preset of PRESETS is eager, and what is rendered ahead is kept in the cache.',
    );
  }
  if (!parsed.success || faults.length > 0) {
    throw new ConfigError(
      `The configuration has ${faults.length} ${faults.length === 1 ? 'error' : 'errors'}:\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
    );
  }
  const env = parsed.data;
  const dataFolder = resolve(env.DATA_DIR);
  const runsTrustedOnly = env.TRUSTED_DOCUMENTS !== undefined && env.TRUSTED_DOCUMENTS_MODE === 'only';
  return Object.freeze({
    host: env.HOST,
    port: env.PORT,
    publicUrl: env.PUBLIC_URL ?? null,
    dataFolder,
    database: absoluteDatabase(location ?? { kind: 'file', path: join(dataFolder, 'state.db') }),
    migrate: env.MIGRATE === 'start',
    blobStore: absolute(env.BLOB_STORE_URL ?? { kind: 'folder', path: join(dataFolder, 'blobs') }),
    originalCacheBytes: env.ORIGINAL_CACHE_BYTES,
    auth: env.AUTH,
    corsOrigins: env.CORS_ORIGINS,
    trustedProxies: env.TRUST_PROXY,
    limits: Object.freeze({
      ...defaultLimits,
      requestBytes: env.MAX_REQUEST_BYTES,
      sourcePixels: env.MAX_SOURCE_PIXELS,
      failedAuthentications: env.FAILED_AUTHENTICATIONS_MAX,
      headRoomBytes: env.HEAD_ROOM_BYTES,
      urlFetches: env.UPLOAD_FROM_URL ? defaultLimits.urlFetches : 0,
      imagesPerAccount: env.MAX_IMAGES_PER_ACCOUNT ?? null,
    }),
    rateLimits: {
      perMinute: env.RATE_LIMIT_MAX ?? defaultRateLimits[env.AUTH],
      publicPerMinute: env.PUBLIC_RATE_LIMIT_MAX,
    },
    defaultLocale: env.DEFAULT_LOCALE,
    moovDelete: env.MOOV_DELETE,
    metalBasePath: env.METAL_BASE_PATH,
    metalUrlCheck: env.METAL_URL_CHECK,
    webhookPrivateAddresses: env.WEBHOOK_PRIVATE_ADDRESSES,
    cdnTags: env.CDN_TAGS,
    cdnPurge: env.CDN_PURGE_URL ? { url: env.CDN_PURGE_URL, token: env.CDN_PURGE_TOKEN ?? null } : null,
    metalHmacKeys: {
      ...hmacKey('Metal-View', env.METAL_HMAC_VIEW_KEY, env.METAL_HMAC_VIEW_LIFETIME),
      ...hmacKey('Metal-Edit', env.METAL_HMAC_EDIT_KEY, env.METAL_HMAC_EDIT_LIFETIME),
      ...hmacKey('Metal-Admin', env.METAL_HMAC_ADMIN_KEY, env.METAL_HMAC_ADMIN_LIFETIME),
    },
    upstreamCredentials: {
      moov: {
        publicKey: env.UPSTREAM_MOOV_PUBLIC_KEY,
        secretKey: env.UPSTREAM_MOOV_SECRET_KEY,
        accessToken: env.UPSTREAM_MOOV_TOKEN,
      },
      metal: {
        token: env.UPSTREAM_METAL_TOKEN,
        hmacKey: env.UPSTREAM_METAL_HMAC_KEY,
        hmacType: env.UPSTREAM_METAL_HMAC_TYPE,
      },
      glean: { token: env.UPSTREAM_GLEAN_TOKEN, actAs: env.UPSTREAM_GLEAN_ACT_AS },
    },
    upstreams: {
      moov: env.UPSTREAM_MOOV ? { baseUrl: env.UPSTREAM_MOOV, accountIds: env.UPSTREAM_MOOV_ACCOUNTS } : null,
      metal: env.UPSTREAM_METAL ? { baseUrl: env.UPSTREAM_METAL } : null,
      glean:
        env.UPSTREAM_GLEAN && env.GLEAN_ACCOUNT_ID
          ? { baseUrl: env.UPSTREAM_GLEAN, accountId: env.GLEAN_ACCOUNT_ID }
          : null,
    },
    gleanAccountId: env.GLEAN_ACCOUNT_ID ?? null,
    bytesGraceMs: env.BYTES_GRACE_HOURS * 60 * 60 * 1000,
    changeRetentionMs: env.CHANGE_RETENTION_DAYS * 24 * 60 * 60 * 1000,
    transforms: env.TRANSFORMS,
    presets: env.PRESETS,
    signingKeys: env.SIGNING_KEYS,
    uploadHttpHosts: env.UPLOAD_HTTP_HOSTS,
    variantFolder: join(dataFolder, 'variants'),
    variantCacheBytes: env.VARIANT_CACHE_BYTES,
    renderConcurrency: env.RENDER_CONCURRENCY,
    renderQueue: env.RENDER_QUEUE,
    introspection: env.INTROSPECTION,
    // it sends documents that its user writes
    graphiql: env.GRAPHIQL && !runsTrustedOnly,
    console: env.CONSOLE,
    mcp: env.MCP,
    trustedDocuments: env.TRUSTED_DOCUMENTS
      ? { path: resolve(env.TRUSTED_DOCUMENTS), mode: env.TRUSTED_DOCUMENTS_MODE }
      : null,
    logLevel: env.LOG_LEVEL,
  });
};

/** A value in a message: without a password, and not at all if it is a secret. */
const shown = (given: Partial<Record<string, string>>, name: string): string =>
  /(?:KEYS?|TOKEN)$/.test(name) ? '***' : (given[name] ?? '').replace(/(:\/\/[^:@/]*):[^@]*@/, '$1:***@');

const databaseOf = (given: Partial<Record<string, string>>): { location?: DatabaseLocation; problem?: string } => {
  const { DATABASE_URL: url, DATABASE_DIRECT_URL: directUrl } = given;
  if (url === undefined) return {};
  try {
    return { location: parseDatabaseLocation(url, directUrl) };
  } catch (error) {
    return {
      problem: `DATABASE_URL=${shown(given, 'DATABASE_URL')}: ${error instanceof Error ? error.message : error}`,
    };
  }
};

const absoluteDatabase = (location: DatabaseLocation): DatabaseLocation =>
  location.kind === 'file' ? { kind: 'file', path: resolve(location.path) } : location;

const absolute = (location: StoreLocation): StoreLocation =>
  location.kind === 'folder' ? { kind: 'folder', path: resolve(location.path) } : location;

const hmacKey = (type: HmacType, key: string | undefined, lifetimeSeconds: number): HmacKeys =>
  key === undefined ? {} : { [type]: { key, lifetimeSeconds } };
