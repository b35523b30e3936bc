import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import S3rver, { type FilesystemStore, type Middleware } from 's3rver';
import { KeyedMutex } from '../../src/lib/keyed-mutex.js';
import { makeTempFolder } from './temp-folder.js';

/** What S3rver accepts as a signature. */
export const s3rverCredentials = { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' };

/** S3rver fails if files come or go under its hands; an object store does one thing after the other to each object. */
const oneAtATime = (): Middleware => {
  const line = new KeyedMutex();
  return (context, next) =>
    line.run('store', async () => {
      // a client that is killed in the middle of a body would hold the line for ever: its response closes before it is sent
      await Promise.race([next(), once(context.res, 'close')]);
      if (context.body instanceof Readable) context.body = await buffer(context.body);
    });
};

/** S3rver responds to a PUT as soon as it has read the bytes, and the next GET may find some of them; an object store has them all by then. */
const respondOnceWritten = (store: FilesystemStore): void => {
  store.putObject = async ({ bucket, key, content, metadata }) => {
    const path = store.getResourcePath(bucket, key, 'object');
    const bytes = Buffer.isBuffer(content) ? content : await buffer(content);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
    const md5 = createHash('md5').update(bytes).digest('hex');
    await store.putMetadata(bucket, key, metadata, md5);
    return { size: bytes.length, md5 };
  };
};

/** An S3 store on a free port of this machine, whose objects are gone when it is stopped. */
export const startS3rver = async (): Promise<{ endpoint: string; stop: () => Promise<void> }> => {
  const folder = await makeTempFolder();
  const server = new S3rver({
    ...{ address: '127.0.0.1', port: 0, silent: true },
    ...{ directory: folder.path, vhostBuckets: false },
  });
  server.middleware.unshift(oneAtATime());
  respondOnceWritten(server.store);
  return {
    endpoint: `http://127.0.0.1:${(await server.run()).port}`,
    stop: async () => {
      await server.close();
      await folder.remove();
    },
  };
};
