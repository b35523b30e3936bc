import type { ImageId } from '../domain/image.js';
import type { StateWriter } from '../domain/ports.js';

/** Which image a call of each method changes; the compiler asks for it of every method that is added. */
const changedImage: {
  readonly [Method in keyof StateWriter]: ((...given: Parameters<StateWriter[Method]>) => ImageId) | null;
} = {
  image: null,
  metadata: null,
  imageByBytes: null,
  countImages: null,
  saveBlob: null,
  insertImage: ({ id }) => id,
  updateImage: (id) => id,
  updateMetadata: ({ imageId }) => imageId,
  deleteImage: (id) => id,
  releaseBlob: null,
};

/** The writer, which also adds to the set what it changes. */
export const recordChanges = (writer: StateWriter, changed: Set<ImageId>): StateWriter =>
  new Proxy(writer, {
    get(target, method: keyof StateWriter) {
      const changedBy = changedImage[method] as ((...given: unknown[]) => ImageId) | null;
      return (...given: unknown[]) => {
        if (changedBy) changed.add(changedBy(...given));
        return Reflect.apply(target[method], target, given);
      };
    },
  });
