import { fileURLToPath } from 'node:url';

/** A bucket, or the part of one whose keys start with the prefix. */
export interface S3Location {
  readonly kind: 's3';
  readonly bucket: string;
  /** Empty, or ends with a slash. */
  readonly prefix: string;
  /** The base URL of the store; null for that of Amazon in the region. */
  readonly endpoint: string | null;
  /** Null for the one that the SDK finds: `AWS_REGION`, or the shared configuration of the AWS tools. */
  readonly region: string | null;
  /** Whether the bucket is the first segment of the path, and not a part of the host's name. */
  readonly pathStyle: boolean;
}

interface FolderLocation {
  readonly kind: 'folder';
  readonly path: string;
}

/** Where originals are kept. */
export type StoreLocation = FolderLocation | S3Location;

const accepted =
  'Accepts file: and the path of a folder, or s3://bucket/prefix?endpoint=https://host&region=name&pathStyle=1, of which only the bucket is needed.';
const bucketPattern = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const segmentPattern = /^[\w.=-]{1,128}$/;
const parameters = ['endpoint', 'region', 'pathStyle'];

/** Why a text names no place for originals; the message is for the operator. */
class StoreLocationError extends Error {
  override readonly name = 'StoreLocationError';
  constructor(problem: string) {
    super(`${problem} ${accepted}`);
  }
}

/** @throws {StoreLocationError} */
export const parseStoreLocation = (text: string): StoreLocation => {
  if (text.startsWith('file:')) {
    return { kind: 'folder', path: text.startsWith('file://') ? fileURLToPath(text) : text.slice('file:'.length) };
  }
  if (!text.startsWith('s3://')) throw new StoreLocationError('It has no known scheme.');
  if (!URL.canParse(text)) throw new StoreLocationError('It is not a URL.');
  return parseS3(new URL(text));
};

const parseS3 = (url: URL): S3Location => {
  if (url.username || url.password) {
    throw new StoreLocationError(
      'It contains credentials. Give them as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or in another way that the AWS SDK knows.',
    );
  }
  if (url.port || url.hash || !bucketPattern.test(url.hostname)) {
    throw new StoreLocationError(`${url.host || 'Nothing'} is not the name of a bucket.`);
  }
  const segments = url.pathname.split('/').filter(Boolean);
  if (segments.some((segment) => !segmentPattern.test(segment) || /^\.+$/.test(segment))) {
    throw new StoreLocationError('A prefix consists of letters, digits and -_.= between slashes.');
  }
  return {
    kind: 's3',
    bucket: url.hostname,
    prefix: segments.map((segment) => `${segment}/`).join(''),
    ...parseParameters(url.searchParams),
  };
};

const parseParameters = (given: URLSearchParams): Pick<S3Location, 'endpoint' | 'region' | 'pathStyle'> => {
  const unknown = [...given.keys()].find((name) => !parameters.includes(name));
  if (unknown !== undefined) throw new StoreLocationError(`The parameter ${unknown} is unknown.`);
  const repeated = parameters.find((name) => given.getAll(name).length > 1);
  if (repeated) throw new StoreLocationError(`The parameter ${repeated} is repeated.`);
  const pathStyle = given.get('pathStyle') ?? '0';
  if (!/^[01]$/.test(pathStyle)) throw new StoreLocationError('pathStyle is 0 or 1.');
  const region = given.get('region');
  if (region !== null && !/^[\w-]{1,64}$/.test(region)) throw new StoreLocationError('The region is not a name.');
  return { endpoint: endpointOf(given.get('endpoint')), region, pathStyle: pathStyle === '1' };
};

const endpointOf = (text: string | null): string | null => {
  if (text === null) return null;
  const url = URL.canParse(text) ? new URL(text) : null;
  const isPlain = url && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.search && !url.hash;
  if (!isPlain) throw new StoreLocationError('The endpoint is not an http or https URL without credentials and query.');
  return url.href.replace(/\/$/, '');
};

/** What messages call the place. */
export const nameOfStore = (location: StoreLocation): string => {
  if (location.kind === 'folder') return location.path;
  const { bucket, prefix, endpoint } = location;
  return `s3://${bucket}/${prefix}${endpoint === null ? '' : ` at ${endpoint}`}`;
};
