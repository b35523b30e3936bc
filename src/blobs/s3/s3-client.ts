import { S3Client } from '@aws-sdk/client-s3';
import type { S3Location } from '../store-location.js';
import type { ServiceFailure } from './store-failure.js';

export interface StoreTimeouts {
  /** How long an operation may take, with its retries. */
  readonly totalMs: number;
  /** How long the store may be silent: before it accepts a connection, before it responds, or within a response. */
  readonly silenceMs: number;
}

const maxAttempts = 3;
/** Any credentials: for stores that check none. */
const anyRegion = 'us-east-1';

/** Credentials come from where the AWS SDK looks for them: the environment, shared files, or the machine's role. */
export const createS3Client = (
  { endpoint, region, pathStyle }: S3Location,
  { silenceMs }: Pick<StoreTimeouts, 'silenceMs'>,
): S3Client => {
  const client = new S3Client({
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
  // Compatible stores respond with 409 while another request writes or removes the same object. Every operation here may be repeated,
  // so the SDK retries it as it does after a 503.
  client.middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        const { $metadata: metadata } = error as ServiceFailure;
        if (error instanceof Error && metadata?.httpStatusCode === 409) Object.assign(error, { $retryable: {} });
        throw error;
      }
    },
    { step: 'finalizeRequest', name: 'retryConflicts', priority: 'low' },
  );
  return client;
};
