import type { ImageChange, MetalImageChange, StateChanges } from '../domain/changes.js';
import type { ImageId } from '../domain/image.js';

/** Takes down what a transaction does, so that it can be told when the transaction is committed. */
export class ChangeLog implements StateChanges {
  readonly images: ImageChange[] = [];
  readonly metalImages: MetalImageChange[] = [];
  /** The images of which anything was written, their metadata too. */
  readonly writtenImages = new Set<ImageId>();

  noteImage(change: ImageChange): void {
    this.images.push(change);
    this.writtenImages.add(change.image.id);
  }
}
