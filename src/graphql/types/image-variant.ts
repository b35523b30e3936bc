import type { ImageVariant } from '../../domain/delivery/variants.js';
import { formatOf } from '../../domain/images/image.js';
import { builder } from '../builder.js';
import { ImageFormatRef } from './image-transform.js';

export const ImageVariantRef = builder.objectRef<ImageVariant>('ImageVariant').implement({
  description: 'A variant, as its URL serves it.',
  fields: (t) => ({
    url: t.expose('url', { type: 'URL', description: 'The public URL. Its response can be cached forever.' }),
    width: t.exposeInt('width', { description: 'The width of the result in pixels.' }),
    height: t.exposeInt('height', { description: 'The height of the result in pixels.' }),
    mimeType: t.exposeString('mimeType', {
      description:
        'The media type of the result, such as `image/webp`. With AUTO, that for a client that accepts every type.',
    }),
    format: t.field({
      type: ImageFormatRef,
      description: 'The format of the result. With AUTO, that for a client that accepts every type.',
      resolve: ({ mimeType }) => formatOf(mimeType),
    }),
  }),
});
