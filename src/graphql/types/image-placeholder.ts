import type { Placeholder } from '../../domain/images/image.js';
import { builder } from '../builder.js';

export const ImagePlaceholderRef = builder.objectRef<Placeholder>('ImagePlaceholder').implement({
  description: 'A preview to show while the image loads, computed when the file was uploaded.',
  fields: (t) => ({
    thumbhash: t.exposeString('thumbhash', { description: 'A ThumbHash of about 25 bytes, encoded in base64.' }),
    dataUri: t.exposeString('dataUri', { description: 'A WebP of at most 16 pixels on a side, as a `data:` URI.' }),
    dominantColor: t.exposeString('dominantColor', {
      description: 'The most common color as `#rrggbb`.',
    }),
  }),
});
