import { messageOf, type Session } from '../app/session.js';
import { DeleteImageDocument, UpdateImagesDocument, type UpdateImagesItem } from '../generated/graphql.js';
import type { ImageList } from './image-list.js';

export type ImageAction = 'decorative' | 'disable' | 'enable' | 'delete';

interface Dependencies {
  readonly session: Session;
  readonly images: ImageList;
}

const updates = {
  decorative: { metadata: { altText: '' } },
  disable: { disabled: true },
  enable: { disabled: false },
} as const satisfies Record<Exclude<ImageAction, 'delete'>, Omit<UpdateImagesItem, 'id'>>;

/** A part of what a document may cost, and a progress that moves. */
const updatesAtOnce = 20;
/** A browser opens six connections to a server, and the list needs some. */
const deletesAtOnce = 3;

const noResult = 'The server responded without a result.';

/** Changes images, a few at a time, and returns the problem of each that was not changed. */
export const changeImages = async (
  dependencies: Dependencies,
  action: ImageAction,
  ids: readonly string[],
  onProgress: (done: number) => void = () => {},
): Promise<string[]> => {
  const problems: string[] = [];
  const step = action === 'delete' ? deletesAtOnce : updatesAtOnce;
  for (let start = 0; start < ids.length; start += step) {
    const some = ids.slice(start, start + step);
    const found = await (action === 'delete'
      ? Promise.all(some.map((id) => deleteImage(dependencies, id)))
      : updateImages(dependencies, updates[action], some));
    problems.push(...found.filter((problem) => problem !== null));
    onProgress(start + some.length);
  }
  return problems;
};

/** Returns what is wrong with each, or null. */
const updateImages = async (
  { session, images }: Dependencies,
  update: Omit<UpdateImagesItem, 'id'>,
  ids: readonly string[],
): Promise<(string | null)[]> => {
  try {
    const input = { images: ids.map((id) => ({ id, ...update })) };
    const { updateImages: results } = await session.run(UpdateImagesDocument, { input });
    return ids.map((_id, index) => {
      // a refusal of all of them is one result
      const result = results?.[index] ?? results?.at(-1);
      if (!result) return noResult;
      if ('message' in result) return result.message;
      images.store(result.image);
      return null;
    });
  } catch (error) {
    return ids.map(() => messageOf(error));
  }
};

const deleteImage = async ({ session, images }: Dependencies, id: string): Promise<string | null> => {
  try {
    const { deleteImage: result } = await session.run(DeleteImageDocument, { input: { id } });
    if (!result) return noResult;
    if ('message' in result) return result.message;
    images.remove(result.deletedId);
    return null;
  } catch (error) {
    return messageOf(error);
  }
};
