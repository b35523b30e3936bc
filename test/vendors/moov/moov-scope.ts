import type { AddressInfo } from 'node:net';
import { TransformPolicy } from '../../../src/domain/delivery/transform-policy.js';
import { UrlSigner } from '../../../src/domain/delivery/url-signer.js';
import { Variants } from '../../../src/domain/delivery/variants.js';
import { type Authenticate, openCaller } from '../../../src/domain/identity/caller.js';
import { defaultLimits, type Limits } from '../../../src/domain/limits.js';
import { SignedOriginals } from '../../../src/domain/originals/signed-originals.js';
import { moovRoutes } from '../../../src/vendors/moov/routes.js';
import { describeApi } from '../../../src/web/openapi.js';
import { type ObservedSpool, openObservedSpool } from '../../graphql/uploads/observed-spool.js';
import { createBareServer } from '../../support/bare-server.js';
import { startTestServer } from '../../support/test-server.js';

export interface MoovScope {
  readonly url: string;
  readonly port: number;
  readonly spool: ObservedSpool;
  close(): Promise<void>;
}

/** Moov's routes over the services of a real server, with a spool that a test can look into and a caller of its choice. */
export const startMoovScope = async (
  options: { authenticate?: Authenticate; limits?: Partial<Limits> } = {},
): Promise<MoovScope> => {
  const limits = { ...defaultLimits, ...options.limits };
  const behind = await startTestServer();
  const spool = await openObservedSpool();
  const server = createBareServer(limits);
  const now = () => new Date();
  const policy = new TransformPolicy({ rule: 'any', presets: new Map(), signer: null, now });
  const signedOriginals = new SignedOriginals({ signer: new UrlSigner(['k'.repeat(32)]), limits, now });
  let url = '';
  await describeApi(server, { baseUrl: () => url });
  await server.register(moovRoutes, {
    images: behind.app.images,
    variants: new Variants(() => url, limits, policy, signedOriginals),
    spool,
    limits,
    authenticate: options.authenticate ?? (async () => openCaller),
    deletes: 'disable',
  });
  await server.listen({ port: 0, host: '127.0.0.1' });
  const { port } = server.server.address() as AddressInfo;
  url = `http://127.0.0.1:${port}`;
  return {
    url,
    port,
    spool,
    close: async () => {
      await server.close();
      await behind.close();
      await spool.remove();
    },
  };
};
