import { Baseline } from '../baselines/baseline.js';
import { compare } from '../compare.js';
import { graphqlRequest } from '../load/graphql-request.js';
import { HttpLoad } from '../load/http-load.js';
import { accountId, Uploader } from '../load/upload.js';
import { startProduct } from '../product.js';
import type { Row } from '../row.js';
import { distinctJpeg } from '../sources/distinct-jpeg.js';

const images = 25;

/** A page as a gallery requests it, over the least that Yoga can do. */
const pageOf = (fields: string): Row['measure'] =>
  async function measure({ workspace, sources, pace }) {
    const product = await startProduct(workspace);
    const uploader = new Uploader(product, 1);
    const { bytes } = await sources.avatar(1);
    for (let number = 0; number < images; number += 1) {
      await uploader.upload(distinctJpeg(bytes, number), `Number ${number}`);
    }
    uploader.close();
    const yoga = Baseline.start(workspace, 'yoga-server');
    const hello = await yoga.ask<object, { url: string }>({});
    const list = graphqlRequest(
      `${product.url}/graphql`,
      `query($accountId: UUID!) { images(accountId: $accountId, first: 20) { nodes { ${fields} } } }`,
      { accountId },
    );
    const load = new HttpLoad(pace);
    const found = await compare(
      { measure: () => load.perSecond(list, 200), pid: product.pid },
      { measure: () => load.perSecond(graphqlRequest(hello.url, '{ hello }'), 200), pid: yoga.pid },
      pace,
    );
    return { ...found, ...load.note };
  };

const fields = 'width height mimeType metadata { altText } url';

export const imageList: Row = {
  name: 'image-list',
  title: `images(first: 20) { nodes { ${fields} } }, over hello of bare Yoga`,
  unit: '/s',
  target: { atLeast: 0.7 },
  measure: pageOf(fields),
};

export const imageSrcsets: Row = {
  name: 'image-srcsets',
  title: 'the same with a srcset of 6 widths, over hello of bare Yoga',
  unit: '/s',
  target: { atLeast: 0.4 },
  measure: pageOf(`${fields} srcset(widths: [320, 480, 640, 960, 1280, 1920])`),
};
