import type { ImageVariant, SignedUrl } from '../../domain/delivery/variants.js';
import {
  asImageId,
  type EmbeddedTexts,
  formatOf,
  type Image,
  type ImageBlob,
  type Placeholder,
} from '../../domain/images/image.js';
import { perceptualHash } from '../../domain/similar/image-hash.js';
import { builder } from '../builder.js';
import type { GraphqlContext } from '../context.js';
import { costs } from '../costs.js';
import { ImageMetadataRef } from './image-metadata.js';
import { ImageRef } from './image-ref.js';
import {
  ImageFormatRef,
  ImageTransformInput,
  presetArg,
  requestedTransform,
  transformArg,
  transformOf,
} from './image-transform.js';

const ImagePlaceholderRef = builder.objectRef<Placeholder>('ImagePlaceholder').implement({
  description: 'A preview to show while the image loads, computed when the file was uploaded.',
  fields: (t) => ({
    thumbhash: t.exposeString('thumbhash', { description: 'A ThumbHash of about 25 bytes, encoded in base64.' }),
    dataUri: t.exposeString('dataUri', { description: 'A WebP of at most 16 pixels on a side, as a `data:` URI.' }),
    dominantColor: t.exposeString('dominantColor', {
      description: 'The most common color as `#rrggbb`.',
    }),
  }),
});

const ImageVariantRef = builder.objectRef<ImageVariant>('ImageVariant').implement({
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

const EmbeddedMetadataRef = builder.objectRef<EmbeddedTexts>('EmbeddedMetadata').implement({
  description:
    'Texts that are written in the stored file by a camera or an editor: XMP, else IPTC-IIM, else EXIF, else the text chunks of a PNG. ' +
    'They are plain text of unknown origin, without control characters, cut to `limits.embeddedTextLength`. A text is null if the file ' +
    'has none or none that can be read, and if the file was stored before these texts were read.',
  fields: (t) => ({
    altText: t.exposeString('altText', {
      nullable: true,
      description: 'The alternative text: `Iptc4xmpCore:AltTextAccessibility`, in its default language.',
    }),
    description: t.exposeString('description', {
      nullable: true,
      description:
        'The description: `Iptc4xmpCore:ExtDescrAccessibility`, `dc:description`, the caption of IPTC-IIM, `ImageDescription` of EXIF or ' +
        '`Description` of a PNG.',
    }),
    creator: t.exposeString('creator', {
      nullable: true,
      description:
        'Who created the image, separated by commas: `dc:creator`, the by-lines of IPTC-IIM, `Artist` of EXIF or `Author` of a PNG.',
    }),
    copyright: t.exposeString('copyright', {
      nullable: true,
      description: 'The copyright notice: `dc:rights`, that of IPTC-IIM, `Copyright` of EXIF or `Copyright` of a PNG.',
    }),
  }),
});

/** At once if the facts are in memory, as the execution would have to wait for a promise. */
const fromFacts = <Result>(
  { loaders }: GraphqlContext,
  image: Image,
  read: (blob: ImageBlob) => Result,
): Result | Promise<Result> => {
  const facts = loaders.facts(image);
  return facts instanceof Promise ? facts.then(read) : read(facts);
};

/** A resolver of a field that depends on the image's file alone. */
const factOf =
  <Name extends keyof ImageBlob>(name: Name) =>
  (image: Image, _args: object, context: GraphqlContext): ImageBlob[Name] | Promise<ImageBlob[Name]> =>
    fromFacts(context, image, (blob) => blob[name]);

const SignedUrlRef = builder.objectRef<SignedUrl>('SignedUrl').implement({
  description: 'A URL that works for everyone who has it, until it expires.',
  fields: (t) => ({
    url: t.expose('url', { type: 'URL', description: 'The URL. It is a secret as long as it works.' }),
    expiresOn: t.expose('expiresOn', { type: 'DateTime', description: 'When the URL stops working.' }),
  }),
});

builder.node(ImageRef, {
  description:
    'An image of an account. Its file can be replaced; its ids and its `link` never change. A disabled image is still public.',
  id: { resolve: ({ id }) => id, description: 'The global id, which `node` and mutations accept.' },
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
    imageId: t.expose('id', { type: 'UUID', description: 'The id in the REST APIs.' }),
    publicId: t.exposeString('publicId', { description: 'The id in public URLs: 21 characters of A-Z, a-z and 0-9.' }),
    accountId: t.expose('accountId', { type: 'UUID', description: 'The account that owns the image.' }),
    version: t.exposeInt('version', {
      description: 'The version of everything that is served: it increases when the file or the focal point changes.',
    }),
    mimeType: t.exposeString('mimeType', {
      description:
        'The media type of the stored file: `image/jpeg`, `image/png`, `image/webp`, `image/avif` or `image/gif`.',
    }),
    format: t.field({
      type: ImageFormatRef,
      description: 'The format of the stored file: JPEG, PNG, WEBP, AVIF or GIF.',
      resolve: ({ mimeType }) => formatOf(mimeType),
    }),
    byteSize: t.exposeInt('byteSize', { description: 'The size of the stored file in bytes.' }),
    sha256: t.exposeString('sha256', {
      description: 'The SHA-256 digest of the stored file: 64 hexadecimal digits in lower case.',
    }),
    fileName: t.exposeString('fileName', {
      nullable: true,
      description:
        'The name of the uploaded file, without folders, at most `limits.fileNameBytes` bytes; null if it has none. It is public: ' +
        '`url`, `variant` and `srcset` have it as the last segment of their URLs.',
    }),
    width: t.int({
      description:
        'The width in pixels after the EXIF orientation is applied, of one frame. Animations are not rotated.',
      resolve: factOf('width'),
    }),
    height: t.int({
      description:
        'The height in pixels after the EXIF orientation is applied, of one frame. Animations are not rotated.',
      resolve: factOf('height'),
    }),
    hasAlpha: t.boolean({
      description: 'Whether the stored file has an alpha channel.',
      resolve: factOf('hasAlpha'),
    }),
    frameCount: t.int({
      description:
        'The number of frames: 1 unless the image is animated. Of an animated PNG or AVIF the first image counts.',
      resolve: factOf('frameCount'),
    }),
    placeholder: t.field({
      type: ImagePlaceholderRef,
      description: 'A preview to show while the image loads.',
      resolve: factOf('placeholder'),
    }),
    perceptualHash: t.string({
      nullable: true,
      description:
        'What the image looks like, whatever its size, format and quality: 64 bits as 16 hexadecimal digits. The hashes of similar ' +
        'images differ in few bits. Null if the image has too little detail, or was uploaded before there were hashes.',
      // computed from the frequencies of the image each time
      cost: 10,
      resolve: (image, _args, context) =>
        fromFacts(context, image, ({ fingerprint }) => fingerprint && perceptualHash(fingerprint)),
    }),
    metadata: t.field({
      type: ImageMetadataRef,
      description: 'Descriptive metadata: alternative text, focal point and address.',
      resolve: (image, _args, { loaders }) => loaders.metadata(image),
    }),
    embedded: t.field({
      type: EmbeddedMetadataRef,
      description:
        'Texts in the stored file, such as its creator. They are not public: the field requires the scope `images.read`, and no variant ' +
        'contains them. To adopt the alternative text, upload with `adoptEmbeddedAltText`, or write it into `metadata`.',
      resolve: (image, _args, { caller, loaders }) => loaders.embedded(caller, image),
    }),
    link: t.field({
      type: 'URL',
      description:
        'The public URL without parameters, apart from a signature if the server requires one, which serves a crop of 400 x 400 pixels. For the whole image, use `url`.',
      resolve: (image, _args, { variants }) => variants.link(image),
    }),
    originalUrl: t.field({
      type: 'URL',
      description:
        'The URL of the unchanged file, EXIF included. It is not public: it requires the scope `images.read`.',
      resolve: (image, _args, { variants }) => variants.originalUrl(image),
    }),
    signedOriginalUrl: t.field({
      type: SignedUrlRef,
      description:
        'A URL of the unchanged file that needs no key until it expires, for `<img>` elements and downloads. Requires the scope ' +
        '`images.read`. It serves the file that the image has at the time of the request, also if the key is revoked meanwhile.',
      args: {
        expiresIn: t.arg({
          type: 'Duration',
          description: 'How long the URL works, at most `limits.signedUrlSeconds`. Defaults to an hour: `PT1H`.',
        }),
      },
      cost: costs.variant,
      resolve: (image, { expiresIn }, { variants, caller }) => variants.signedOriginalUrl(caller, image, expiresIn),
    }),
    url: t.field({
      type: 'URL',
      description:
        'The public URL of a variant, by default with the size and shape of the image. It changes when the image changes, so ' +
        'that its response can be cached forever.',
      args: { transform: t.arg(transformArg), preset: t.arg(presetArg) },
      cost: ({ transform, preset }) => ({ own: transform || preset ? costs.variant : 1 }),
      resolve: (image, args, { variants, presets }) => variants.url(image, requestedTransform(args, presets)),
    }),
    variant: t.field({
      type: ImageVariantRef,
      description: 'A variant, by default with the size and shape of the image, and what its URL will serve.',
      args: { transform: t.arg(transformArg), preset: t.arg(presetArg) },
      cost: costs.variant,
      resolve: async (image, args, { variants, presets, loaders }) => {
        const [blob, { focalPoint }] = await Promise.all([loaders.blob.load(image), loaders.metadata(image)]);
        return variants.variant({ image, blob, focalPoint }, requestedTransform(args, presets));
      },
    }),
    srcset: t.string({
      description:
        'The `srcset` of an `img` element: a candidate for each width, described by the width of its result. Widths that give the ' +
        'same result are one candidate. The shape is that of the transform, by default that of the image.',
      args: {
        widths: t.arg({
          type: ['PositiveInt'],
          required: true,
          description: 'The widths in pixels, 1 to `limits.srcsetWidths` of them.',
        }),
        transform: t.arg({
          type: ImageTransformInput,
          description: 'How the image is transformed. Its size gives the shape only.',
        }),
      },
      // each width is an element of a list too
      cost: ({ widths }) => ({ own: 1 + widths.length * (costs.variant - 1) }),
      resolve: (image, { widths, transform }, context) =>
        fromFacts(context, image, (blob) => context.variants.srcset({ image, blob }, widths, transformOf(transform))),
    }),
    createdOn: t.expose('createdOn', { type: 'DateTime', description: 'The time of the upload.' }),
    updatedOn: t.expose('updatedOn', {
      type: 'DateTime',
      description: 'The time of the last change of the file, the metadata or the state.',
    }),
    disabledOn: t.expose('disabledOn', {
      type: 'DateTime',
      nullable: true,
      description: 'The time when it was disabled; null if it is enabled.',
    }),
  }),
});
