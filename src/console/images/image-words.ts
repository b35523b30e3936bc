import { typeNames } from './file-types.js';
import type { ImageCard } from './image-list.js';

type Described = Pick<ImageCard, 'metadata' | 'fileName' | 'publicId'>;

/** What an image is called where there is nothing but text. */
export const nameOf = ({ metadata, fileName, publicId }: Described): string =>
  metadata.altText || (fileName ?? `Image ${publicId.slice(0, 6)}`);

/** The format by its name: `JPEG`. */
export const formatNameOf = ({ mimeType }: Pick<ImageCard, 'mimeType'>): string =>
  (typeNames as Readonly<Record<string, string>>)[mimeType] ?? mimeType;

export const sizeOf = ({ width, height }: Pick<ImageCard, 'width' | 'height'>): string => `${width} × ${height}`;
