declare module 's3rver' {
  import type { ServerResponse } from 'node:http';
  import type { AddressInfo } from 'node:net';

  export type Middleware = (
    context: { body: unknown; readonly res: ServerResponse },
    next: () => Promise<void>,
  ) => Promise<void>;

  /** The part of S3rver that the tests use. */
  export default class S3rver {
    constructor(options: { address: string; port: number; silent: boolean; directory: string; vhostBuckets: boolean });
    readonly middleware: Middleware[];
    run(): Promise<AddressInfo>;
    close(): Promise<void>;
  }
}
