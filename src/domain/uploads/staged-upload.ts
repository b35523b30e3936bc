import { randomBytes } from 'node:crypto';
import { InvalidInputError } from '../errors.js';
import type { AccountId, Branded } from '../images/image.js';
import type { Limits } from '../limits.js';

/**
 * `size-expiry-secret`, the first two in base 36. It says what may be sent under it; that it was given out is known by the file that is
 * kept under it, empty at first. Nobody can guess the 128 bits of its secret.
 */
type StagedUploadId = Branded<'StagedUploadId'>;

/** A place for the bytes of one file, before an image is created from it. */
export interface StagedUpload {
  /** The name of the place. */
  readonly id: StagedUploadId;
  readonly accountId: AccountId;
  /** Exactly as many bytes are accepted. */
  readonly byteSize: number;
  readonly expiresOn: Date;
  /** The client's name of the file, which its image gets; clean only once {@link cleanFileName} has seen it. */
  readonly fileName: string | null;
}

/** An id of a place, and with a dot after it, which no place has, the name of the file in base64url: at most 255 bytes. */
const uploadIdPattern = /^(([0-9a-z]{1,8})-([0-9a-z]{1,9})-[\w-]{22})(?:\.([\w-]{1,340}))?$/;
const base = 36;

export const newStagedUpload = (
  accountId: AccountId,
  { byteSize, fileName }: Pick<StagedUpload, 'byteSize' | 'fileName'>,
  { now, limits }: { now: Date; limits: Pick<Limits, 'stagedUploadSeconds'> },
): StagedUpload => {
  const expiresOn = new Date(now.getTime() + 1000 * limits.stagedUploadSeconds);
  const parts = [byteSize.toString(base), expiresOn.getTime().toString(base), randomBytes(16).toString('base64url')];
  return { id: parts.join('-') as StagedUploadId, accountId, byteSize, expiresOn, fileName };
};

/** What the client gets as the id of the upload: it carries the name, so that nothing has to keep it. */
export const uploadIdOf = ({ id, fileName }: StagedUpload): string =>
  fileName === null ? id : `${id}.${Buffer.from(fileName, 'utf8').toString('base64url')}`;

/** What the id of an upload, or of its place, says; undefined if the text is neither. */
export const parseStagedUpload = (accountId: AccountId, text: string): StagedUpload | undefined => {
  const [, id = '', byteSize = '', expiresAt = '', name] = uploadIdPattern.exec(text) ?? [];
  if (id === '') return undefined;
  return {
    id: id as StagedUploadId,
    accountId,
    byteSize: Number.parseInt(byteSize, base),
    expiresOn: new Date(Number.parseInt(expiresAt, base)),
    fileName: name === undefined ? null : Buffer.from(name, 'base64url').toString('utf8'),
  };
};

export const isExpired = ({ expiresOn }: StagedUpload, now: Date): boolean => expiresOn.getTime() <= now.getTime();

/** The same for one that never was, of another account, expired or used: no caller learns which. */
export const noSuchUpload = (): InvalidInputError =>
  InvalidInputError.at(
    ['uploadId'],
    'The account has no upload with this id. It may have expired, or was used already. Create a new one by createUploads.',
  );
