import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { ImageList } from '../images/image-list.js';
import type { MetalList } from '../metal/metal-list.js';
import type { UploadQueue } from '../uploads/upload-queue.js';
import type { Announcer } from './announcer.js';
import type { Session } from './session.js';

/** What the parts of the console share. */
export interface Console {
  readonly session: Session;
  readonly announcer: Announcer;
  readonly images: ImageList;
  readonly uploads: UploadQueue;
  readonly metal: MetalList;
}

export const ConsoleContext = createContext<Console | null>(null);

export const useConsole = (): Console => {
  const shared = useContext(ConsoleContext);
  if (!shared) throw new Error('A component of the console is outside of it.');
  return shared;
};
