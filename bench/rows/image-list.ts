import { Baseline } from '../baselines/baseline.js';
import { compare } from '../compare.js';
import { HttpLoad, type LoadRequest } from '../load/http-load.js';
import { accountId, Uploader } from '../load/upload.js';
import { startProduct } from '../product.js';
import type { Row } from '../row.js';
import { distinctJpeg } from '../sources/distinct-jpeg.js';

const images = 25;

const graphqlRequest = (url: string, query: string, variables: object = {}): LoadRequest => ({
  url,
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ query, variables }),
});

export const imageList: Row = {
  name: 'image-list',
  title: 'images(first: 20) { nodes { metadata { altText } url } }, over hello',
  unit: '/s',
  target: { atLeast: 0.25 },
  async measure({ workspace, sources, pace }) {
    const product = await startProduct(workspace);
    const uploader = new Uploader(product, 1);
    const { bytes } = await sources.avatar(1);
    for (let number = 0; number < images; number += 1) {
      await uploader.upload(distinctJpeg(bytes, number), `Number ${number}`);
    }
    uploader.close();
    const hello = await Baseline.start(workspace, 'hello-server').ask<object, { url: string }>({});
    const list = graphqlRequest(
      `${product.url}/graphql`,
      'query($accountId: UUID!) { images(accountId: $accountId, first: 20) { nodes { metadata { altText } url } } }',
      { accountId },
    );
    const load = new HttpLoad(pace);
    const found = await compare(
      {
        product: () => load.perSecond(list, 200),
        baseline: () => load.perSecond(graphqlRequest(hello.url, '{ hello }'), 200),
      },
      pace,
    );
    return { ...found, ...load.note };
  },
};
