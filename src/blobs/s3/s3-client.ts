import { S3Client } from '@aws-sdk/client-s3';
import type { S3Location } from '../store-location.js';

export interface StoreTimeouts {
  /** How long an operation may take, with its retries. */
  readonly totalMs: number;
  /** How long the store may be silent: before it accepts a connection, before it responds, or within a response. */
  readonly silenceMs: number;
}

const maxAttempts = 3;
/** What stores that ask for none accept. */
const anyRegion = 'us-east-1';

/** Credentials come from where the AWS SDK looks for them: the environment, shared files, or the machine's role. */
export const createS3Client = (
  { endpoint, region, pathStyle }: S3Location,
  { silenceMs }: Pick<StoreTimeouts, 'silenceMs'>,
): S3Client =>
  new S3Client({
    ...(endpoint === null ? {} : { endpoint, region: anyRegion }),
    ...(region === null ? {} : { region }),
    forcePathStyle: pathStyle,
    // stores that are compatible with S3 know no other checksums than those of signatures
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts,
    requestHandler: {
      connectionTimeout: silenceMs,
      requestTimeout: silenceMs,
      socketTimeout: silenceMs,
      throwOnRequestTimeout: true,
    },
  });
