import type { ImageChange, MetalImageChange, StateChanges } from '../domain/changes.js';

/** Takes down what a transaction does, so that it can be told when the transaction is committed. */
export class ChangeLog implements StateChanges {
  readonly images: ImageChange[] = [];
  readonly metalImages: MetalImageChange[] = [];
}
