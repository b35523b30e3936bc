import { batch, type Signal, signal } from '@preact/signals';
import { follow } from '../api/follow.js';
import { messageOf, type Session } from '../app/session.js';
import {
  type ImageCardFragment,
  ImageChangesDocument,
  type ImageChangesSubscription,
  ImageCountDocument,
  ImageListDocument,
} from '../generated/graphql.js';
import { filterOf, type ImageQuery, matches, wholeList } from './image-query.js';

export type ImageCard = ImageCardFragment;

const pageSize = 100;

/** A burst of changes costs one count. */
const countPauseMs = 400;

/** The images of an account, as far as they are loaded, kept up to date by its changes. */
export const createImageList = (session: Session) => {
  const ids = signal<readonly string[]>([]);
  const cards = new Map<string, Signal<ImageCard>>();
  const total = signal<number | null>(null);
  const hasMore = signal(false);
  const isLoading = signal(false);
  const problem = signal<string | null>(null);
  const isLive = signal(false);
  /** New images that the list cannot place without being read again. */
  const isOutdated = signal(false);
  const selected = signal<ReadonlySet<string>>(new Set());

  let accountId: string | null = null;
  let query = wholeList;
  let endCursor: string | null = null;
  /** A response that arrives after another list was asked for belongs to nobody. */
  let generation = 0;
  let stop = (): void => {};
  let counting: ReturnType<typeof setTimeout> | undefined;

  const store = (image: ImageCard): void => {
    const card = cards.get(image.id);
    if (card) card.value = image;
    else cards.set(image.id, signal(image));
  };

  const read = async (after: string | null): Promise<void> => {
    const own = generation;
    isLoading.value = true;
    try {
      const { images } = await session.run(ImageListDocument, {
        accountId,
        first: pageSize,
        after,
        filter: filterOf(query),
        orderBy: query.order,
      });
      if (own !== generation || !images) return;
      batch(() => {
        for (const image of images.nodes) store(image);
        const known = new Set(after === null ? [] : ids.value);
        const added = images.nodes.map(({ id }) => id).filter((id) => !known.has(id));
        ids.value = after === null ? added : [...ids.value, ...added];
        endCursor = images.pageInfo.endCursor;
        hasMore.value = images.pageInfo.hasNextPage;
        problem.value = null;
        isLoading.value = false;
        if (after === null) isOutdated.value = false;
      });
    } catch (error) {
      if (own !== generation) return;
      problem.value = messageOf(error);
      isLoading.value = false;
    }
  };

  const count = (): void => {
    const own = generation;
    clearTimeout(counting);
    counting = setTimeout(async () => {
      // a list without its length is still a list
      const result = await session.run(ImageCountDocument, { accountId, filter: filterOf(query) }).catch(() => null);
      if (own === generation) total.value = result?.images?.totalCount ?? null;
    }, countPauseMs);
  };

  const reload = async (): Promise<void> => {
    generation += 1;
    count();
    await read(null);
  };

  const remove = (id: string): void => {
    cards.delete(id);
    ids.value = ids.value.filter((other) => other !== id);
    if (selected.value.has(id)) selected.value = new Set([...selected.value].filter((other) => other !== id));
  };

  /** A changed image stays where it is, also if it no longer belongs there: nothing moves away from under a pointer. */
  const place = (image: ImageCard): void => {
    store(image);
    if (ids.value.includes(image.id) || image.accountId !== accountId || !matches(query, image)) return;
    // a card does not have its texts in other languages
    if (query.missingIn !== '') isOutdated.value = true;
    else if (query.order === 'CREATED_ON_DESC' || query.order === 'UPDATED_ON_DESC')
      ids.value = [image.id, ...ids.value];
    else isOutdated.value = true;
  };

  const change = ({ kind, changedId, image }: ImageChangesSubscription['imageChanged']): void => {
    count();
    if (kind === 'DELETED' || !image) remove(changedId);
    else if (kind === 'CREATED' || !hasMore.value || query.order === 'UPDATED_ON_DESC') place(image);
    else if (cards.has(image.id)) store(image);
  };

  return {
    ids,
    total,
    hasMore,
    isLoading,
    problem,
    isLive,
    isOutdated,
    selected,
    reload,
    remove,
    store,
    place,
    cardOf: (id: string): Signal<ImageCard> | undefined => cards.get(id),
    get accountId(): string | null {
      return accountId;
    },
    get query(): ImageQuery {
      return query;
    },

    /** Shows the images of an account and follows its changes. */
    show(nextAccountId: string, nextQuery: ImageQuery): void {
      const isOther = nextAccountId !== accountId;
      if (!isOther && JSON.stringify(nextQuery) === JSON.stringify(query)) return;
      accountId = nextAccountId;
      query = nextQuery;
      batch(() => {
        ids.value = [];
        total.value = null;
        hasMore.value = false;
        selected.value = new Set();
      });
      if (!isOther) {
        void reload();
        return;
      }
      cards.clear();
      stop();
      stop = follow({
        headers: session.headers,
        document: ImageChangesDocument,
        variables: (after) => ({ accountId: nextAccountId, after }),
        cursorOf: ({ imageChanged }) => imageChanged.cursor,
        onChange: ({ imageChanged }) => change(imageChanged),
        onGap: () => void reload(),
        onLive: (live) => {
          isLive.value = live;
        },
      });
      void reload();
    },

    /** Stops following, for example because the key is gone. */
    hide(): void {
      stop();
      stop = () => {};
      generation += 1;
      accountId = null;
      cards.clear();
      ids.value = [];
    },

    async loadMore(): Promise<void> {
      if (hasMore.value && !isLoading.value) await read(endCursor);
    },

    select(id: string, isSelected: boolean): void {
      const next = new Set(selected.value);
      if (isSelected) next.add(id);
      else next.delete(id);
      selected.value = next;
    },

    /** Selects everything from one image to another, in the order of the list. */
    selectRange(from: string, to: string): void {
      const [start, end] = [ids.value.indexOf(from), ids.value.indexOf(to)].sort((a, b) => a - b);
      selected.value = new Set([...selected.value, ...ids.value.slice(start, (end ?? 0) + 1)]);
    },

    selectAll(): void {
      selected.value = new Set(ids.value);
    },

    clearSelection(): void {
      selected.value = new Set();
    },
  };
};

export type ImageList = ReturnType<typeof createImageList>;
