import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createIPX, createIPXNodeServer, ipxFSStorage } from 'ipx';
import { handleMessages } from './baseline.js';

export interface IpxSetup {
  /** Where the sources lie. */
  readonly folder: string;
}

/** ipx with its own defaults over a folder. Returns its URL. */
handleMessages(async ({ folder }: IpxSetup) => {
  const server = createServer(createIPXNodeServer(createIPX({ storage: ipxFSStorage({ dir: folder }) })));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
});
