import { encodeAddressKey } from '../../domain/images/address-key.js';
import { type AltText, altTextIn, listAltTexts, type Translations } from '../../domain/images/alt-texts.js';
import { asImageId, type FocalPoint, type ImageMetadata } from '../../domain/images/image.js';
import { builder } from '../builder.js';
import { costs } from '../costs.js';
import { ImageAddressRef } from './image-address.js';

const FocalPointRef = builder.objectRef<FocalPoint>('FocalPoint').implement({
  description: 'A point of an image, as fractions of its width and height.',
  fields: (t) => ({
    x: t.exposeFloat('x', { description: 'The distance from the left edge, as a fraction of the width: 0 to 1.' }),
    y: t.exposeFloat('y', { description: 'The distance from the top edge, as a fraction of the height: 0 to 1.' }),
  }),
});

/** Waits only for what is not in memory, so that a page whose texts are known is executed in one go. */
const whenFound = <Result>(
  translations: Translations | Promise<Translations>,
  use: (found: Translations) => Result,
): Result | Promise<Result> => (translations instanceof Promise ? translations.then(use) : use(translations));

const AltTextRef = builder.objectRef<AltText>('AltText').implement({
  description: 'The alternative text of an image in a language.',
  fields: (t) => ({
    locale: t.expose('locale', { type: 'Locale', description: 'The language.' }),
    text: t.exposeString('text', { description: 'The text; empty if the image is purely decorative.' }),
  }),
});

export const ImageMetadataRef = builder.objectRef<ImageMetadata>('ImageMetadata');

builder.node(ImageMetadataRef, {
  description: 'Descriptive metadata of an image: alternative text, focal point and address.',
  id: {
    resolve: ({ imageId }) => imageId,
    description: 'The global id of the metadata, which differs from that of the image.',
  },
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'altText' in value,
  loadMany: async (ids, { images, caller, loaders }) => {
    const known = ids.map(asImageId);
    const found = await images.find(
      caller,
      known.filter((id) => id !== undefined),
    );
    const byId = new Map(found.map((image) => [image?.id, image]));
    return Promise.all(
      known.map((id) => {
        const image = id && byId.get(id);
        return image ? loaders.metadata(image) : null;
      }),
    );
  },
  fields: (t) => ({
    altText: t.string({
      nullable: true,
      description:
        'The alternative text, in `defaultLocale` unless `locale` is given; null if there is none, empty if the image is purely ' +
        'decorative.',
      args: {
        locale: t.arg({
          type: 'Locale',
          description:
            'The language of the reader. The text is in it, or in a less specific form of it (`zh-Hant-TW`, `zh-Hant`, `zh`; the lookup of ' +
            'RFC 4647), or else in `defaultLocale`.',
        }),
      },
      cost: ({ locale }) => ({ own: locale ? costs.translation : 1 }),
      resolve: (metadata, { locale }, { loaders, defaultLocale }) => {
        const { altText } = metadata;
        if (!locale || locale === defaultLocale) return altText;
        return whenFound(loaders.translations(metadata), (found) => altTextIn(locale, altText, found, defaultLocale));
      },
    }),
    altTexts: t.field({
      type: [AltTextRef],
      description:
        'The alternative texts in all languages: that in `defaultLocale` first, if there is one, the others sorted by their tags.',
      cost: (_args, { altTextLocales }) => ({ length: altTextLocales }),
      resolve: (metadata, _args, { loaders, defaultLocale }) =>
        whenFound(loaders.translations(metadata), (found) => listAltTexts(metadata.altText, found, defaultLocale)),
    }),
    focalPoint: t.expose('focalPoint', {
      type: FocalPointRef,
      nullable: true,
      description: 'The point that crops keep in view; null if none is set, and the center is used.',
    }),
    address: t.expose('address', {
      type: ImageAddressRef,
      nullable: true,
      description: 'The address of the image; null if it has none.',
    }),
    ext: t.exposeString('ext', {
      description: 'The file name extension of the stored file: `.jpg`, `.png`, `.webp`, `.avif` or `.gif`.',
    }),
    key: t.string({
      nullable: true,
      description:
        "The address as a key, which identifies the image within its account, in Glean's format; null if it has no address.",
      // it may have thousands of characters
      cost: 10,
      resolve: ({ address, ext }) => address && encodeAddressKey(address, ext),
    }),
    updatedOn: t.expose('updatedOn', { type: 'DateTime', description: 'The time of the last change of the metadata.' }),
  }),
});

export const FocalPointInput = builder.inputType('FocalPointInput', {
  description: 'A point of an image, as fractions of its width and height.',
  fields: (t) => ({
    x: t.float({ required: true, description: 'The distance from the left edge, as a fraction of the width: 0 to 1.' }),
    y: t.float({ required: true, description: 'The distance from the top edge, as a fraction of the height: 0 to 1.' }),
  }),
});

const AltTextInput = builder.inputType('AltTextInput', {
  description: 'The alternative text of an image in a language.',
  fields: (t) => ({
    locale: t.field({ type: 'Locale', required: true, description: 'The language.' }),
    text: t.string({
      description:
        'The text, at most `limits.altTextLength` characters. Absent or null removes it; an empty text says that the image is purely decorative.',
    }),
  }),
});

export const ImageMetadataInput = builder.inputType('ImageMetadataInput', {
  description: 'Descriptive metadata of an image. Which fields may be absent depends on the mutation.',
  fields: (t) => ({
    altText: t.string({
      description:
        'The alternative text in `defaultLocale`, at most `limits.altTextLength` characters. Null clears it; an empty text says that ' +
        'the image is purely decorative.',
    }),
    altTexts: t.field({
      type: [AltTextInput],
      description:
        'Alternative texts in several languages, each once, at most `limits.altTextLocales` of them in addition to `defaultLocale`, whose ' +
        'text is the same as `altText`. A mutation that changes metadata keeps the texts in languages that are not listed, and one that ' +
        'replaces metadata removes them. Null removes the texts in all languages but `defaultLocale`.',
    }),
    focalPoint: t.field({ type: FocalPointInput, description: 'The point that crops keep in view. Null clears it.' }),
  }),
});

/** An input field of each mutation that accepts a file and may create an image from it. */
export const adoptAltTextField = {
  defaultValue: false,
  description:
    'Whether an image that has no alternative text, and is given none, gets `embedded.altText` of the file, or else ' +
    '`embedded.description`, cut to `limits.altTextLength`. An `altText` of null or of an empty text in `metadata` is respected.',
} as const;
