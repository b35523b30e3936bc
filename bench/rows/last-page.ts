import { join } from 'node:path';
import { compare, type Sample } from '../compare.js';
import { accountId } from '../load/upload.js';
import { median } from '../median.js';
import { scaled } from '../pace.js';
import { startProduct } from '../product.js';
import type { Row } from '../row.js';
import { insertImages } from '../sources/many-images.js';
import { end } from '../workspace.js';

const images = 1_000_000;
const pageSize = 20;

const pageDocument = `query($accountId: UUID!, $after: String, $since: DateTime!) {
  images(accountId: $accountId, first: ${pageSize}, after: $after, filter: { createdOn: { min: $since } }) {
    nodes { id metadata { altText } url }
    pageInfo { hasNextPage }
  }
}`;

/** The cursor before the last page comes from the other end: nobody walks there. */
const cursorDocument = `query($accountId: UUID!) {
  images(accountId: $accountId, last: ${pageSize + 1}) { edges { cursor } }
}`;

interface Page {
  readonly images: { readonly nodes: readonly unknown[]; readonly pageInfo: { readonly hasNextPage: boolean } };
}
interface Cursors {
  readonly images: { readonly edges: readonly { readonly cursor: string }[] };
}

const query = async <Data>(url: string, document: string, variables: object): Promise<Data> => {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: document, variables }),
  });
  return ((await response.json()) as { data: Data }).data;
};

export const lastPage: Row = {
  name: 'last-page',
  title: 'last page of 1,000,000 images by cursor, over the first, time',
  unit: 'ms',
  target: { atMost: 1.2 },
  async measure({ workspace, pace }) {
    // the server makes its database by its migrations, then leaves it alone
    const { dataFolder, process } = await startProduct(workspace);
    await end(process);
    insertImages(join(dataFolder, 'state.db'), accountId, scaled(images, pace));
    const { url } = await startProduct(workspace, dataFolder);
    const { images: found } = await query<Cursors>(url, cursorDocument, { accountId });
    const cursor = found.edges[0]?.cursor;

    let asked = 0;
    /** A time before all images, another one each time: a list that was asked for before is in memory. */
    const nextSince = (): Date => {
      asked += 1;
      return new Date(asked);
    };
    const pageMs = async (after: string | undefined, hasNextPage: boolean): Promise<Sample> => {
      const times: number[] = [];
      for (let count = 0; count < scaled(60, pace); count += 1) {
        const startedMs = performance.now();
        const page = await query<Page>(url, pageDocument, { accountId, after, since: nextSince() });
        times.push(performance.now() - startedMs);
        if (page.images.nodes.length !== pageSize || page.images.pageInfo.hasNextPage !== hasNextPage) {
          throw new Error(`This is not the page that was meant: ${JSON.stringify(page)}`);
        }
      }
      return { figure: median(times) };
    };
    return compare({ measure: () => pageMs(cursor, false) }, { measure: () => pageMs(undefined, true) }, pace);
  },
};
