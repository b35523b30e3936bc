import { randomBytes } from 'node:crypto';
import { InvalidInputError } from '../errors.js';
import type { AccountId, Branded } from '../images/image.js';
import type { Limits } from '../limits.js';

/**
 * `size-expiry-secret`, the first two in base 36. It says what may be sent under it; that it was given out is known by the file that is
 * kept under it, empty at first. Nobody can guess the 128 bits of its secret.
 */
type StagedUploadId = Branded<'StagedUploadId'>;

/** A place for the bytes of one file, before an image is made of it. */
export interface StagedUpload {
  readonly id: StagedUploadId;
  readonly accountId: AccountId;
  /** Exactly as many bytes are accepted. */
  readonly byteSize: number;
  readonly expiresOn: Date;
}

const idPattern = /^([0-9a-z]{1,8})-([0-9a-z]{1,9})-[\w-]{22}$/;
const base = 36;

export const newStagedUpload = (
  accountId: AccountId,
  byteSize: number,
  { now, limits }: { now: Date; limits: Pick<Limits, 'stagedUploadSeconds'> },
): StagedUpload => {
  const expiresOn = new Date(now.getTime() + 1000 * limits.stagedUploadSeconds);
  const parts = [byteSize.toString(base), expiresOn.getTime().toString(base), randomBytes(16).toString('base64url')];
  return { id: parts.join('-') as StagedUploadId, accountId, byteSize, expiresOn };
};

/** What an id says; undefined if the text is none. */
export const parseStagedUpload = (accountId: AccountId, text: string): StagedUpload | undefined => {
  const [, byteSize = '', expiresAt = ''] = idPattern.exec(text) ?? [];
  if (byteSize === '') return undefined;
  const expiresOn = new Date(Number.parseInt(expiresAt, base));
  return { id: text as StagedUploadId, accountId, byteSize: Number.parseInt(byteSize, base), expiresOn };
};

export const isExpired = ({ expiresOn }: StagedUpload, now: Date): boolean => expiresOn.getTime() <= now.getTime();

/** The same for one that never was, of another account, expired or used: no caller learns which. */
export const noSuchUpload = (): InvalidInputError =>
  InvalidInputError.at(
    ['uploadId'],
    'The account has no upload with this id. It may have expired, or was used already. Create a new one by createUploads.',
  );
