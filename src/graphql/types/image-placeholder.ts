import type { Placeholder } from '../../domain/image.js';
import { builder } from '../builder.js';

export const ImagePlaceholderRef = builder.objectRef<Placeholder>('ImagePlaceholder').implement({
  description: 'What a page shows until the picture is there; made once, at upload.',
  fields: (t) => ({
    thumbhash: t.exposeString('thumbhash', { description: 'A ThumbHash of about 25 bytes, in base64.' }),
    dataUri: t.exposeString('dataUri', { description: 'A WebP of at most 16 pixels a side as a `data:` URI.' }),
    dominantColor: t.exposeString('dominantColor', {
      description: 'The colour that most of the picture has: `#rrggbb`.',
    }),
  }),
});
