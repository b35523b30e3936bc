import { rgbaToThumbHash } from 'thumbhash';
import type { Placeholder } from '../domain/images/image.js';
import { dominantColor } from './dominant-color.js';
import { sharp } from './sharp.js';

/** Straight (not premultiplied) sRGB pixels, four bytes each, row by row. */
export interface Thumbnail {
  readonly rgba: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** The longer side of a thumbnail in pixels, as much as a ThumbHash takes. */
export const thumbnailSide = 100;

const tinySide = 16;

async function tinyDataUri({ rgba, width, height }: Thumbnail): Promise<string> {
  const tiny = await sharp(rgba, { raw: { width, height, channels: 4 } })
    .resize(tinySide, tinySide, { fit: 'inside', withoutEnlargement: true })
    .webp({ quality: 40 })
    .toBuffer();
  return `data:image/webp;base64,${tiny.toString('base64')}`;
}

/** Creates the placeholder from a thumbnail of at most {@link thumbnailSide} pixels a side. */
export async function makePlaceholder(thumbnail: Thumbnail): Promise<Placeholder> {
  const { rgba, width, height } = thumbnail;
  return {
    thumbhash: Buffer.from(rgbaToThumbHash(width, height, rgba)).toString('base64'),
    dataUri: await tinyDataUri(thumbnail),
    dominantColor: dominantColor(rgba),
  };
}
