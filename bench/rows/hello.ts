import { Baseline } from '../baselines/baseline.js';
import { compare } from '../compare.js';
import { graphqlRequest } from '../load/graphql-request.js';
import { HttpLoad } from '../load/http-load.js';
import { startProduct } from '../product.js';
import type { Row } from '../row.js';

/** One field that costs nothing to resolve: what is left is the way of a request through the server. */
const ownHello = '{ limits { fileBytes } }';

const helloOver = (baselineName: string): Row['measure'] =>
  async function measure({ workspace, pace }) {
    const { url, pid } = await startProduct(workspace);
    const baseline = Baseline.start(workspace, baselineName);
    const peer = await baseline.ask<object, { url: string }>({});
    const load = new HttpLoad(pace);
    const found = await compare(
      { measure: () => load.perSecond(graphqlRequest(`${url}/graphql`, ownHello), 200), pid },
      { measure: () => load.perSecond(graphqlRequest(peer.url, '{ hello }'), 200), pid: baseline.pid },
      pace,
    );
    return { ...found, ...load.note };
  };

export const helloOverYoga: Row = {
  name: 'hello-over-yoga',
  title: `${ownHello}, over hello of bare Yoga on node:http`,
  unit: '/s',
  target: { atLeast: 2 },
  measure: helloOver('yoga-server'),
};

export const helloOverMercurius: Row = {
  name: 'hello-over-mercurius',
  title: `${ownHello}, over hello of Mercurius without JIT`,
  unit: '/s',
  target: { atLeast: 0.6 },
  measure: helloOver('mercurius-server'),
};
