import type { AccountImagesQuery, AccountImagesQueryVariables } from './generated/graphql.js';
import { graphql } from './generated/index.js';
import type { Execute } from './graphql-client.js';

const AccountImages = graphql(`
  query AccountImages($accountId: UUID!, $first: PageSize!, $after: String, $filter: ImageFilter) {
    images(accountId: $accountId, first: $first, after: $after, filter: $filter) {
      nodes {
        id
        createdOn
        byteSize
        ...ImageElement
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export interface ImageListPage {
  /** Pass one to `renderImage`; the fields that only it needs are hidden here. */
  readonly images: NonNullable<AccountImagesQuery['images']>['nodes'];
  /** `after` for the next page; null on the last one. */
  readonly nextCursor: string | null;
}

/** A page of the images of an account, newest first. */
export const listImages = async (
  execute: Execute,
  variables: AccountImagesQueryVariables,
  signal?: AbortSignal,
): Promise<ImageListPage> => {
  const { images } = await execute(AccountImages, variables, signal);
  // null comes with an entry in `errors`, which `execute` throws
  if (!images) throw new Error('The server returned neither images nor an error.');
  const { hasNextPage, endCursor } = images.pageInfo;
  return { images: images.nodes, nextCursor: hasNextPage ? endCursor : null };
};
