import { asImageId } from '../../domain/image.js';
import { builder } from '../builder.js';
import { costs } from '../costs.js';
import { ImageMetadataRef } from './image-metadata.js';
import { ImagePlaceholderRef } from './image-placeholder.js';
import { ImageRef } from './image-ref.js';
import { ImageTransformInput, transformOf } from './image-transform.js';
import { ImageVariantRef } from './image-variant.js';

builder.node(ImageRef, {
  description:
    'A picture of an account. Its bytes may be replaced; `publicId` and the public URL stay. A disabled image is still public.',
  id: { resolve: ({ id }) => id, description: 'The global id, for `node` and as the `id` of every mutation.' },
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'publicId' in value,
  loadMany: async (ids, { images, caller, takeTurn }) => {
    const known = ids.map(asImageId);
    const found = await images.find(
      caller,
      known.filter((id) => id !== undefined),
    );
    await takeTurn(found.length);
    const byId = new Map(found.map((image) => [image?.id, image]));
    return known.map((id) => (id && byId.get(id)) ?? null);
  },
  fields: (t) => ({
    imageId: t.expose('id', { type: 'UUID', description: 'The id of the image in the REST APIs.' }),
    publicId: t.exposeString('publicId', { description: '21 characters of [A-Za-z0-9] that name it in public URLs.' }),
    accountId: t.expose('accountId', { type: 'UUID', description: 'The account that owns it.' }),
    version: t.exposeInt('version', {
      description: 'Rises whenever the picture changes: with its bytes and with its focal point.',
    }),
    mimeType: t.exposeString('mimeType', {
      description: 'The type of the stored bytes: `image/jpeg`, `image/png` or `image/webp`.',
    }),
    byteSize: t.exposeInt('byteSize', { description: 'The bytes of the stored file.' }),
    sha256: t.exposeString('sha256', { description: 'SHA-256 of the stored bytes, in lower-case hexadecimal digits.' }),
    width: t.int({
      description: 'Pixels of the stored picture, upright by its EXIF orientation; an animation is as it is stored.',
      resolve: async (image, _args, { loaders }) => (await loaders.blob.load(image)).width,
    }),
    height: t.int({
      description: 'Pixels of the stored picture, upright by its EXIF orientation; an animation is as it is stored.',
      resolve: async (image, _args, { loaders }) => (await loaders.blob.load(image)).height,
    }),
    hasAlpha: t.boolean({
      description: 'Whether the stored picture has an alpha channel.',
      resolve: async (image, _args, { loaders }) => (await loaders.blob.load(image)).hasAlpha,
    }),
    frameCount: t.int({
      description: '1 for a still picture, more for an animated one.',
      resolve: async (image, _args, { loaders }) => (await loaders.blob.load(image)).frameCount,
    }),
    placeholder: t.field({
      type: ImagePlaceholderRef,
      description: 'What a page shows until the picture is there.',
      resolve: async (image, _args, { loaders }) => (await loaders.blob.load(image)).placeholder,
    }),
    metadata: t.field({
      type: ImageMetadataRef,
      description: 'What people say of the picture.',
      resolve: (image, _args, { loaders }) => loaders.metadata(image),
    }),
    link: t.field({
      type: 'URL',
      description: 'The public URL without parameters: 400 x 400, cropped. Append `?size=WxH` for another size.',
      resolve: (image, _args, { variants }) => variants.link(image),
    }),
    originalUrl: t.field({
      type: 'URL',
      description: 'The URL of the untouched file, EXIF included. It is not public: it needs the scope `images.read`.',
      resolve: (image, _args, { variants }) => variants.originalUrl(image),
    }),
    url: t.field({
      type: 'URL',
      description:
        'The public URL of a variant. It changes with the picture, so that what it serves may be cached for ever.',
      args: { transform: t.arg({ type: ImageTransformInput, description: 'How the image is transformed.' }) },
      cost: ({ transform }) => ({ own: transform ? costs.variant : 1 }),
      resolve: (image, { transform }, { variants }) => variants.url(image, transformOf(transform)),
    }),
    variant: t.field({
      type: ImageVariantRef,
      description: 'A variant with the size and type that its URL will serve.',
      args: { transform: t.arg({ type: ImageTransformInput, description: 'How the image is transformed.' }) },
      cost: costs.variant,
      resolve: async (image, { transform }, { variants, loaders }) => {
        const [blob, { focalPoint }] = await Promise.all([loaders.blob.load(image), loaders.metadata(image)]);
        return variants.variant({ image, blob, focalPoint }, transformOf(transform));
      },
    }),
    srcset: t.string({
      description:
        'The `srcset` of an `img` element: one candidate for each width, described by the width that it really has. ' +
        "The shape is that of the transform, or the image's own where it names none.",
      args: {
        widths: t.arg({ type: ['PositiveInt'], required: true, description: 'The widths in pixels, 1 to 20 of them.' }),
        transform: t.arg({
          type: ImageTransformInput,
          description: 'How the image is transformed, besides its width.',
        }),
      },
      // each width is an element of a list too
      cost: ({ widths }) => ({ own: 1 + widths.length * (costs.variant - 1) }),
      resolve: async (image, { widths, transform }, { variants, loaders }) => {
        const [blob, { focalPoint }] = await Promise.all([loaders.blob.load(image), loaders.metadata(image)]);
        return variants.srcset({ image, blob, focalPoint }, widths, transformOf(transform, { width: 0, height: 0 }));
      },
    }),
    createdOn: t.expose('createdOn', { type: 'DateTime', description: 'When it was uploaded.' }),
    updatedOn: t.expose('updatedOn', {
      type: 'DateTime',
      description: 'When its bytes, metadata or state last changed.',
    }),
    disabledOn: t.expose('disabledOn', {
      type: 'DateTime',
      nullable: true,
      description: 'Since when it is disabled; null while it is in use.',
    }),
  }),
});
