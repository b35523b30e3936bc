import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import proxyAddr from '@fastify/proxy-addr';
import { z } from 'zod';
import { parseStoreLocation } from './blobs/store-location.js';
import { createPresets, type Presets } from './domain/delivery/presets.js';
import { transformRules } from './domain/delivery/transform-policy.js';
import { signingKeyLength } from './domain/delivery/url-signer.js';
import { type AccountId, asAccountId } from './domain/images/image.js';
import { asLocale, type Locale } from './domain/images/locale.js';
import { defaultLimits } from './domain/limits.js';
import { type TagHeader, tagHeaders } from './web/images/cdn-headers.js';

const onOff = z.enum(['on', 'off'], 'Must be on or off.').transform((value) => value === 'on');

const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, `Must be a whole number from ${min} to ${max}.`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `Must be a whole number from ${min} to ${max}.`);

const httpUrl = 'Must be an absolute http or https URL without a query, such as https://images.example.com.';
const publicUrl = z
  .string()
  .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && !/[?#]/.test(text), httpUrl)
  .transform((text) => text.replace(/\/+$/, ''));

const upstreamUrl = publicUrl.refine(
  (text) => !new URL(text).username && !new URL(text).password,
  'Accepts no credentials: they have variables of their own.',
);

/** Each may cost a request for every lookup. */
const maxAccounts = 10;
const acceptedAccounts = `Accepts the UUIDs of at most ${maxAccounts} accounts, separated by commas.`;
const accountIds = z
  .string()
  .transform((text) => text.split(',').map((each) => asAccountId(each.trim())))
  .refine((ids) => ids.length <= maxAccounts && !ids.includes(undefined), acceptedAccounts)
  .transform((ids) => [...new Set(ids.filter((id) => id !== undefined))]);

const basePath = z
  .string()
  .regex(/^(\/[\w.~-]+)*\/?$/, 'Must be a path such as /metal, or / for none.')
  .transform((text) => text.replace(/\/$/, ''));

const locale = z.string().transform((text, context): Locale => {
  const tag = asLocale(text, defaultLimits.localeLength);
  if (tag) return tag;
  context.addIssue({ code: 'custom', message: `Must be a language tag of BCP 47, such as en or pt-BR.` });
  return z.NEVER;
});

const lifetimeSeconds = wholeNumber(0, 31_536_000);

const originsAccepted =
  'Accepts origins separated by commas: scheme, host and port only, such as https://app.example.com,http://localhost:5173.';

/** Why a text is no origin, or null if it is one. */
const originProblem = (text: string): string | null => {
  if (text === '*') return 'The * would let the pages of every site call. Name the origins.';
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    return `${JSON.stringify(text)} is not an http or https origin.`;
  }
  const { origin } = new URL(text);
  if (origin === text) return null;
  // a browser sends the origin in exactly one form, and it is compared as text
  if (text === `${origin}/`) return `${text} ends in a slash. Write ${origin}.`;
  return `${text} is more than an origin, or is not written as a browser sends it. Write ${origin}.`;
};

const origins = z
  .string()
  .transform((text) => text.split(',').map((origin) => origin.trim()))
  .superRefine((list, context) => {
    const problems = list.flatMap((text) => originProblem(text) ?? []);
    if (problems.length > 0) context.addIssue({ code: 'custom', message: [...problems, originsAccepted].join(' ') });
  });

const acceptedProxies =
  'Accepts addresses and networks of proxies separated by commas, such as 10.0.0.5,192.168.0.0/16, and the names loopback, linklocal and uniquelocal.';

const namesProxies = (list: string[]): boolean => {
  try {
    proxyAddr.compile(list);
    return list.length > 0;
  } catch {
    return false;
  }
};

const proxies = z
  .string()
  .refine(
    (text) => !/^(\d+|true|\*)$/.test(text.trim()),
    `${acceptedProxies} A number of hops is not accepted: a client that reaches the server without the proxy could claim any address.`,
  )
  .transform((text) => text.split(',').map((proxy) => proxy.trim()))
  .refine(namesProxies, acceptedProxies);

const hostNames = z
  .string()
  .transform((text) => text.split(',').map((host) => host.trim().toLowerCase()))
  .refine(
    (hosts) =>
      hosts.every(
        (host) =>
          /^[\w.:[\]-]+$/.test(host) && URL.canParse(`http://${host}`) && new URL(`http://${host}`).hostname === host,
      ),
    'Accepts names of hosts separated by commas, without a scheme or port, such as files.example.com.',
  );

const isTagHeader = (name: string): name is TagHeader => tagHeaders.some((known) => known === name);

const cdnTags = z.string().transform((text, context): TagHeader[] => {
  const names =
    text === 'off'
      ? []
      : text
          .toLowerCase()
          .split(',')
          .map((name) => name.trim());
  if (names.every(isTagHeader)) return [...new Set(names)];
  context.addIssue({
    code: 'custom',
    message: `Must be off, or names of headers separated by commas: ${tagHeaders.join(', ')}.`,
  });
  return z.NEVER;
});

const purgeUrl = z.string().refine((text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) && !url.username && !url.password;
}, 'Must be an absolute http or https URL without a password, such as https://cdn.example.com/purge.');

const presetsFile = z.string().transform((path, context): Presets => {
  try {
    return createPresets(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    context.addIssue({ code: 'custom', message: `Must be a JSON file of presets. ${reason}` });
    return z.NEVER;
  }
});

const credential = z.string().regex(/^[\x21-\x7e]+$/, 'Must be printable ASCII without spaces.');

const signingKeys = z
  .string()
  .transform((text) => text.split(',').map((key) => key.trim()))
  .refine(
    (keys) => keys.length <= 2 && keys.every((key) => key.length >= signingKeyLength),
    `Accepts one key, or two separated by a comma: the first signs, both verify. Each must have ${signingKeyLength} characters or more, such as the output of: openssl rand -hex 32.`,
  );

/** One more than cores: while a place is handed from one render to the next, no core is idle. */
const defaultRenderConcurrency = availableParallelism() + 1;

/** A year. */
const maxGraceHours = 8_760;

const maxRetentionDays = 3_650;

/** Each variable that the server reads, with its accepted values and its default. */
export const environment = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: wholeNumber(0, 65_535).default(4000),
  PUBLIC_URL: publicUrl.optional(),
  DATA_DIR: z.string().default('./data'),
  DATABASE_URL: z.string().optional(),
  DATABASE_DIRECT_URL: z.string().optional(),
  MIGRATE: z.enum(['start', 'off'], 'Must be start or off.').default('start'),
  BLOB_STORE_URL: z
    .string()
    .transform((text, context) => {
      try {
        return parseStoreLocation(text);
      } catch (error) {
        context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
        return z.NEVER;
      }
    })
    .optional(),
  ORIGINAL_CACHE_BYTES: wholeNumber(0, Number.MAX_SAFE_INTEGER).default(1024 * 1024 * 1024),
  AUTH: z.enum(['open', 'keys'], 'Must be open or keys.').default('open'),
  CORS_ORIGINS: origins.default([]),
  TRUST_PROXY: proxies.default([]),
  MAX_REQUEST_BYTES: wholeNumber(1024, Number.MAX_SAFE_INTEGER).default(defaultLimits.requestBytes),
  MAX_SOURCE_PIXELS: wholeNumber(1, 268_000_000).default(defaultLimits.sourcePixels),
  MAX_IMAGES_PER_ACCOUNT: wholeNumber(1, Number.MAX_SAFE_INTEGER).optional(),
  RATE_LIMIT_MAX: wholeNumber(0, 1_000_000_000).optional(),
  FAILED_AUTHENTICATIONS_MAX: wholeNumber(0, 1_000_000_000).default(defaultLimits.failedAuthentications),
  PUBLIC_RATE_LIMIT_MAX: wholeNumber(0, 1_000_000_000).default(0),
  MOOV_DELETE: z.enum(['disable', 'permanent'], 'Must be disable or permanent.').default('disable'),
  METAL_BASE_PATH: basePath.default('/metal'),
  METAL_URL_CHECK: onOff.default(false),
  WEBHOOK_PRIVATE_ADDRESSES: onOff.default(false),
  CDN_TAGS: cdnTags.default([]),
  CDN_PURGE_URL: purgeUrl.optional(),
  CDN_PURGE_TOKEN: credential.optional(),
  METAL_HMAC_VIEW_KEY: z.string().optional(),
  METAL_HMAC_EDIT_KEY: z.string().optional(),
  METAL_HMAC_ADMIN_KEY: z.string().optional(),
  METAL_HMAC_VIEW_LIFETIME: lifetimeSeconds.default(30),
  METAL_HMAC_EDIT_LIFETIME: lifetimeSeconds.default(30),
  METAL_HMAC_ADMIN_LIFETIME: lifetimeSeconds.default(90),
  UPSTREAM_MOOV: upstreamUrl.optional(),
  UPSTREAM_MOOV_ACCOUNTS: accountIds.default([]),
  UPSTREAM_MOOV_PUBLIC_KEY: credential.optional(),
  UPSTREAM_MOOV_SECRET_KEY: credential.optional(),
  UPSTREAM_MOOV_TOKEN: credential.optional(),
  UPSTREAM_METAL: upstreamUrl.optional(),
  UPSTREAM_METAL_TOKEN: credential.optional(),
  UPSTREAM_METAL_HMAC_KEY: credential.optional(),
  UPSTREAM_METAL_HMAC_TYPE: z
    .enum(['Metal-View', 'Metal-Edit', 'Metal-Admin'], 'Must be Metal-View, Metal-Edit or Metal-Admin.')
    .default('Metal-View'),
  UPSTREAM_GLEAN: upstreamUrl.optional(),
  UPSTREAM_GLEAN_TOKEN: credential.optional(),
  UPSTREAM_GLEAN_ACT_AS: credential.optional(),
  GLEAN_ACCOUNT_ID: z
    .guid('Must be the UUID of an account.')
    .transform((text) => text.toLowerCase() as AccountId)
    .optional(),
  BYTES_GRACE_HOURS: wholeNumber(0, maxGraceHours).default(24),
  HEAD_ROOM_BYTES: wholeNumber(0, Number.MAX_SAFE_INTEGER).default(defaultLimits.headRoomBytes),
  CHANGE_RETENTION_DAYS: wholeNumber(1, maxRetentionDays).default(7),
  TRANSFORMS: z.enum(transformRules, 'Must be any, presets or signed.').default('any'),
  PRESETS: presetsFile.default(new Map()),
  SIGNING_KEYS: signingKeys.default([]),
  DEFAULT_LOCALE: locale.default('en' as Locale),
  UPLOAD_FROM_URL: onOff.default(true),
  UPLOAD_HTTP_HOSTS: hostNames.default([]),
  VARIANT_CACHE_BYTES: wholeNumber(0, Number.MAX_SAFE_INTEGER).default(1024 * 1024 * 1024),
  RENDER_CONCURRENCY: wholeNumber(1, 256).default(defaultRenderConcurrency),
  RENDER_QUEUE: wholeNumber(0, 100_000).default(256),
  INTROSPECTION: onOff.default(true),
  GRAPHIQL: onOff.default(true),
  CONSOLE: onOff.default(true),
  MCP: onOff.default(false),
  TRUSTED_DOCUMENTS: z.string().optional(),
  TRUSTED_DOCUMENTS_MODE: z.enum(['only', 'also'], 'Must be only or also.').default('only'),
  LOG_LEVEL: z
    .enum(
      ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
      'Must be fatal, error, warn, info, debug, trace or silent.',
    )
    .default('info'),
});

/** The names of all variables that the server reads. */
export const knownVariables: readonly string[] = Object.keys(environment.shape);
