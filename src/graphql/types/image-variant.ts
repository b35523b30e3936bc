import type { ImageVariant } from '../../domain/services/variants.js';
import { builder } from '../builder.js';

export const ImageVariantRef = builder.objectRef<ImageVariant>('ImageVariant').implement({
  description: 'A picture as its URL will serve it.',
  fields: (t) => ({
    url: t.expose('url', { type: 'URL', description: 'Where it is; may be cached for ever.' }),
    width: t.exposeInt('width', { description: 'The pixels that the result really has.' }),
    height: t.exposeInt('height', { description: 'The pixels that the result really has.' }),
    mimeType: t.exposeString('mimeType', {
      description: 'The type of the result. With the format AUTO, that for a client that accepts every type.',
    }),
  }),
});
