import { signal } from '@preact/signals';
import { follow } from '../api/follow.js';
import { messageOf, type Session } from '../app/session.js';
import { type MetalCardFragment, MetalImageChangesDocument, MetalImageListDocument } from '../generated/graphql.js';

export type MetalCard = MetalCardFragment;

/** All metal images, kept up to date by their changes. */
export const createMetalList = (session: Session) => {
  const images = signal<readonly MetalCard[]>([]);
  const isLoading = signal(false);
  const problem = signal<string | null>(null);
  let stop = (): void => {};
  /** A list that arrives after a newer one was asked for is ignored. */
  let generation = 0;

  const reload = async (): Promise<void> => {
    generation += 1;
    const own = generation;
    isLoading.value = true;
    const found: MetalCard[] = [];
    try {
      for (let after: string | null = null, hasMore = true; hasMore; ) {
        const page: Awaited<ReturnType<typeof readPage>> = await readPage(after);
        found.push(...page.nodes);
        after = page.pageInfo.endCursor;
        hasMore = page.pageInfo.hasNextPage;
      }
      if (own !== generation) return;
      images.value = found;
      problem.value = null;
    } catch (error) {
      if (own === generation) problem.value = messageOf(error);
    }
    if (own === generation) isLoading.value = false;
  };

  const readPage = async (after: string | null) => {
    const { metalImages } = await session.run(MetalImageListDocument, { after });
    if (!metalImages) throw new Error('The server responded without a result.');
    return metalImages;
  };

  const remove = (id: string): void => {
    images.value = images.value.filter((other) => other.id !== id);
  };
  const store = (image: MetalCard): void => {
    images.value = [...images.value.filter(({ id }) => id !== image.id), image];
  };

  return {
    images,
    isLoading,
    problem,
    reload,
    store,
    remove,
    show(): void {
      void reload();
      stop = follow({
        headers: session.headers,
        document: MetalImageChangesDocument,
        variables: (after) => ({ after }),
        cursorOf: ({ metalImageChanged }) => metalImageChanged.cursor,
        onChange: ({ metalImageChanged: { changedId, metalImage } }) =>
          metalImage ? store(metalImage) : remove(changedId),
        onGap: () => void reload(),
        onLive: () => {},
      });
    },
    hide(): void {
      stop();
      generation += 1;
    },
  };
};

export type MetalList = ReturnType<typeof createMetalList>;
