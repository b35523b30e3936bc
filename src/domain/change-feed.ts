import { Broadcast } from '../lib/broadcast.js';
import type { ImageChange, MetalImageChange, StateChanges } from './changes.js';
import { UnavailableError } from './errors.js';

/** How many changes may wait for one who watches. */
const maxWaiting = 100;

const fellBehind = (): Error =>
  new UnavailableError(
    `More than ${maxWaiting} changes wait for this subscription. Subscribe again, and read what changed meanwhile.`,
    1,
  );

/** Tells what was committed to whoever watches. Nothing is kept for those who come later. */
export class ChangeFeed {
  readonly images = new Broadcast<ImageChange>(maxWaiting, fellBehind);
  readonly metalImages = new Broadcast<MetalImageChange>(maxWaiting, fellBehind);

  publish({ images, metalImages }: StateChanges): void {
    for (const change of images) this.images.publish(change);
    for (const change of metalImages) this.metalImages.publish(change);
  }

  /** Ends every subscription. */
  close(): void {
    this.images.close();
    this.metalImages.close();
  }
}
