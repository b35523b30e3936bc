import { messageOf, type Session } from '../app/session.js';
import {
  DeleteImageDocument,
  DisableImageDocument,
  EnableImageDocument,
  UpdateImageDocument,
} from '../generated/graphql.js';
import type { ImageList } from './image-list.js';

export type ImageAction = 'decorative' | 'disable' | 'enable' | 'delete';

interface Dependencies {
  readonly session: Session;
  readonly images: ImageList;
}

const concurrency = 3;

/** Changes an image, and returns what is wrong or null. */
export const changeImage = async (
  { session, images }: Dependencies,
  action: ImageAction,
  id: string,
): Promise<string | null> => {
  try {
    const result = await run(session, action, id);
    if (!result) return 'The server responded without a result.';
    if ('message' in result) return result.message;
    if ('image' in result) images.store(result.image);
    else images.remove(result.deletedId);
    return null;
  } catch (error) {
    return messageOf(error);
  }
};

const run = async (session: Session, action: ImageAction, id: string) => {
  switch (action) {
    case 'decorative':
      return (await session.run(UpdateImageDocument, { input: { id, metadata: { altText: '' } } })).updateImage;
    case 'disable':
      return (await session.run(DisableImageDocument, { input: { id } })).disableImage;
    case 'enable':
      return (await session.run(EnableImageDocument, { input: { id } })).enableImage;
    case 'delete':
      return (await session.run(DeleteImageDocument, { input: { id } })).deleteImage;
  }
};

/** Changes several images, a few at a time, and returns the problem of each that was not changed. */
export const changeImages = async (
  dependencies: Dependencies,
  action: ImageAction,
  ids: readonly string[],
  onProgress: (done: number) => void,
): Promise<string[]> => {
  const waiting = [...ids];
  const problems: string[] = [];
  let done = 0;
  const work = async (): Promise<void> => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      const problem = await changeImage(dependencies, action, id);
      if (problem !== null) problems.push(problem);
      done += 1;
      onProgress(done);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return problems;
};
