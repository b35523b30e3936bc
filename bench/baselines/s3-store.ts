import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import S3rver from 's3rver';
import { handleMessages } from './baseline.js';

/** A store on a free port that keeps objects in a folder. Resolves with its endpoint. */
handleMessages(async ({ folder, bucket }: { readonly folder: string; readonly bucket: string }) => {
  const server = new S3rver({
    ...{ address: '127.0.0.1', port: 0, silent: true },
    ...{ directory: folder, vhostBuckets: false },
  });
  const endpoint = `http://127.0.0.1:${(await server.run()).port}`;
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  return { endpoint };
});
