import { join } from 'node:path';
import { compare, type Side } from '../compare.js';
import { accountId } from '../load/upload.js';
import { median } from '../median.js';
import { type Pace, scaled } from '../pace.js';
import { startProduct } from '../product.js';
import type { Row } from '../row.js';
import { insertImages, sharedText, textOf } from '../sources/many-images.js';
import { end, type Workspace } from '../workspace.js';

const images = 1_000_000;
const pageSize = 20;

const pageDocument = `query($accountId: UUID!, $after: String, $filter: ImageFilter!) {
  images(accountId: $accountId, first: ${pageSize}, after: $after, filter: $filter) {
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

/** A page of the list that is always another one: a list that was requested before is in memory. */
interface PageKind {
  readonly after?: string | undefined;
  readonly text?: (request: number) => string;
  readonly expected: { readonly nodes: number; readonly hasNextPage: boolean };
}

const query = async <Data>(url: string, document: string, variables: object): Promise<Data> => {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: document, variables }),
  });
  return ((await response.json()) as { data: Data }).data;
};

/** A server with an account of very many images. */
class LongList {
  #requests = 0;

  private constructor(
    private readonly url: string,
    private readonly pace: Pace,
  ) {}

  static async open(workspace: Workspace, pace: Pace): Promise<LongList> {
    // the server makes its database by its migrations, then leaves it alone
    const { dataFolder, process } = await startProduct(workspace);
    await end(process);
    insertImages(join(dataFolder, 'state.db'), accountId, scaled(images, pace));
    const { url } = await startProduct(workspace, dataFolder);
    return new LongList(url, pace);
  }

  async cursorBeforeLastPage(): Promise<string | undefined> {
    const found = await query<Cursors>(this.url, cursorDocument, { accountId });
    return found.images.edges[0]?.cursor;
  }

  /** Milliseconds of a page. */
  side({ after, text, expected }: PageKind): Side {
    return {
      measure: async () => {
        const times: number[] = [];
        for (let count = 0; count < scaled(60, this.pace); count += 1) {
          this.#requests += 1;
          // a time before all images
          const createdOn = { min: new Date(this.#requests) };
          const filter = { createdOn, ...(text ? { altTextContains: text(this.#requests) } : {}) };
          const startedMs = performance.now();
          const page = await query<Page>(this.url, pageDocument, { accountId, after, filter });
          times.push(performance.now() - startedMs);
          const { nodes, pageInfo } = page.images;
          if (nodes.length !== expected.nodes || pageInfo.hasNextPage !== expected.hasNextPage) {
            throw new Error(`This is not the page that was meant: ${JSON.stringify(page)}`);
          }
        }
        return { figure: median(times) };
      },
    };
  }
}

const firstPage: PageKind = { expected: { nodes: pageSize, hasNextPage: true } };

export const lastPage: Row = {
  name: 'last-page',
  title: 'last page of 1,000,000 images by cursor, over the first, time',
  unit: 'ms',
  target: { atMost: 1.2 },
  async measure({ workspace, pace }) {
    const list = await LongList.open(workspace, pace);
    const after = await list.cursorBeforeLastPage();
    const last = list.side({ after, expected: { nodes: pageSize, hasNextPage: false } });
    return compare(last, list.side(firstPage), pace);
  },
};

const textFilter = (name: string, title: string, kind: PageKind): Row => ({
  name,
  title,
  unit: 'ms',
  target: { atMost: 20 },
  async measure({ workspace, pace }) {
    const list = await LongList.open(workspace, pace);
    return compare(list.side(kind), list.side(firstPage), pace);
  },
});

export const rareText = textFilter(
  'rare-text',
  'images of 1,000,000 whose text contains what one has, over the first page, time',
  { text: (request) => textOf(request), expected: { nodes: 1, hasNextPage: false } },
);

export const commonText = textFilter(
  'common-text',
  'images of 1,000,000 whose text contains what all have, over the first page, time',
  { text: () => sharedText, expected: { nodes: pageSize, hasNextPage: true } },
);
