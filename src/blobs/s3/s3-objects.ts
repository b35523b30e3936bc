import { open } from 'node:fs/promises';
import { PassThrough, type Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsCommand,
  NoSuchKey,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { OpenedBytes, SpooledFile } from '../../domain/ports.js';
import { untilAborted } from '../../lib/until-aborted.js';
import type { S3Location } from '../store-location.js';
import { createS3Client, type StoreTimeouts } from './s3-client.js';
import { StoreFailureError } from './store-failure.js';

export interface ListedObject {
  readonly name: string;
  readonly modifiedOn: Date;
}

/**
 * The objects of a bucket under the prefix of an installation. It needs PUT, GET, DELETE and LIST and nothing that compatible stores
 * lack. An object appears whole or not at all, so nothing has to be moved into its place.
 * @throws {StoreFailureError} from every method.
 */
export class S3Objects {
  readonly #client: S3Client;

  /** @param onFailure Called with each failure of the store, for the log. */
  constructor(
    private readonly location: S3Location,
    private readonly timeouts: StoreTimeouts,
    private readonly onFailure: (failure: StoreFailureError) => void,
  ) {
    this.#client = createS3Client(location, timeouts);
  }

  /** Replaces what is there without reading it: to send the bytes costs no more than to prove them. */
  async putFile(name: string, { path, sha256, byteSize }: SpooledFile): Promise<void> {
    const reading = new AbortController();
    let body: Readable | undefined;
    const command = new PutObjectCommand({
      ...this.#at(name),
      ContentLength: byteSize,
      ContentType: 'application/octet-stream',
    });
    // signed, so that the store refuses other bytes than these
    command.middlewareStack.add(
      (next) => (args) => {
        (args.request as { headers: Record<string, string> }).headers['x-amz-content-sha256'] = sha256;
        return next(args);
      },
      { step: 'build', name: 'namePayloadHash' },
    );
    // a stream of its own for each attempt, behind the middleware that would retry no stream
    command.middlewareStack.add(
      (next) => async (args) => {
        body?.destroy();
        body = await this.#read(path, reading);
        return next({ ...args, request: Object.assign(args.request as object, { body }) });
      },
      { step: 'finalizeRequest', name: 'openBody', priority: 'low' },
    );
    try {
      await this.#call('PutObject', (signal) => this.#client.send(command, { abortSignal: signal }), reading.signal);
    } finally {
      body?.destroy();
    }
  }

  async putText(name: string, text: string): Promise<void> {
    const command = new PutObjectCommand({ ...this.#at(name), Body: text, ContentLength: Buffer.byteLength(text) });
    await this.#call('PutObject', (abortSignal) => this.#client.send(command, { abortSignal }));
  }

  /** @param failure Aborted with whatever goes wrong on this side. */
  async #read(path: string, failure: AbortController): Promise<Readable> {
    try {
      const stream = (await open(path)).createReadStream();
      return stream.once('error', (error) => failure.abort(error));
    } catch (error) {
      failure.abort(error);
      throw error;
    }
  }

  async get(name: string): Promise<OpenedBytes | null> {
    const found = await this.#get(name);
    if (!found) return null;
    const stream = new PassThrough();
    found.body.once('error', (error) => stream.destroy(this.#failure('GetObject', error)));
    stream.once('close', () => found.body.destroy());
    // the response may break off before anybody reads it, who then gets the error
    stream.on('error', () => undefined);
    return { byteSize: found.byteSize, stream: found.body.pipe(stream) };
  }

  async remove(name: string): Promise<void> {
    const command = new DeleteObjectCommand(this.#at(name));
    await this.#call('DeleteObject', (abortSignal) =>
      orIfAbsent(this.#client.send(command, { abortSignal }), undefined),
    );
  }

  /** Those whose names start so, by markers, the first version of listing: compatible stores know it all, and some fail at the second one's tokens. */
  async *list(under = ''): AsyncIterable<ListedObject> {
    const { bucket: Bucket, prefix } = this.location;
    const Prefix = prefix + under;
    let Marker: string | undefined;
    do {
      const command = new ListObjectsCommand({ Bucket, Prefix, Marker });
      const page = await this.#call('ListObjects', (abortSignal) => this.#client.send(command, { abortSignal }));
      for (const { Key, LastModified } of page.Contents ?? []) {
        if (Key && LastModified) yield { name: Key.slice(prefix.length), modifiedOn: LastModified };
      }
      Marker = page.IsTruncated ? page.Contents?.at(-1)?.Key : undefined;
    } while (Marker !== undefined);
  }

  /** A URL that anyone can use for PUTs of exactly so many bytes until it expires. */
  async presignPut(name: string, byteSize: number, expiresInSeconds: number): Promise<string> {
    const command = new PutObjectCommand({ ...this.#at(name), ContentLength: byteSize });
    return this.#call('presign', () =>
      getSignedUrl(this.#client, command, {
        expiresIn: expiresInSeconds,
        signableHeaders: new Set(['host', 'content-length']),
      }),
    );
  }

  /** Ends the connections. */
  close(): void {
    this.#client.destroy();
  }

  async #get(key: string): Promise<{ byteSize: number; body: Readable } | null> {
    const command = new GetObjectCommand(this.#at(key));
    return this.#call('GetObject', async (abortSignal) => {
      const found = await orIfAbsent(this.#client.send(command, { abortSignal }), null);
      if (!found) return null;
      const body = found.Body as Readable;
      if (found.ContentLength !== undefined) return { byteSize: found.ContentLength, body };
      body.destroy();
      throw new Error('The response has no Content-Length.');
    });
  }

  /**
   * Runs an operation within its time, which for an opened body goes on until its end.
   * @param local Aborted with an error of this machine, which is thrown as it is.
   * @throws {StoreFailureError}
   */
  async #call<Result>(
    operation: string,
    work: (signal: AbortSignal) => Promise<Result>,
    local?: AbortSignal,
  ): Promise<Result> {
    const timeout = AbortSignal.timeout(this.timeouts.totalMs);
    const signal = local ? AbortSignal.any([timeout, local]) : timeout;
    try {
      // the SDK looks for credentials without the signal
      return await untilAborted(work(signal), signal);
    } catch (error) {
      if (local?.aborted) throw local.reason;
      throw this.#failure(operation, timeout.aborted ? new Error(`not done in ${this.timeouts.totalMs} ms`) : error);
    }
  }

  #failure(operation: string, error: unknown): StoreFailureError {
    const failure = new StoreFailureError(operation, error);
    this.onFailure(failure);
    return failure;
  }

  #at(name: string): { Bucket: string; Key: string } {
    return { Bucket: this.location.bucket, Key: this.location.prefix + name };
  }
}

/** A bucket that does not exist is a failure, not an absence. */
const orIfAbsent = async <Result, Absence>(sending: Promise<Result>, absence: Absence): Promise<Result | Absence> => {
  try {
    return await sending;
  } catch (error) {
    if (error instanceof NoSuchKey) return absence;
    throw error;
  }
};
