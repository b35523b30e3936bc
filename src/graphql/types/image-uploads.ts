import { FetchFailedError, ImageLimitReachedError, InvalidInputError } from '../../domain/errors.js';
import type { Image } from '../../domain/images/image.js';
import type { MetadataInput } from '../../domain/images/metadata.js';
import type { UploadedImage } from '../../domain/images/upload-image.js';
import type { ReceivedFile } from '../../domain/ports.js';
import type { SimilarImage } from '../../domain/similar/similar-query.js';
import { builder } from '../builder.js';
import type { GraphqlContext } from '../context.js';
import { costs } from '../costs.js';
import type { UploadedFile } from '../uploads/uploaded-file.js';
import { accountIdFor, optionalAccountId } from './account-id.js';
import { commonErrors, fileErrors } from './errors.js';
import { adoptAltTextField, ImageMetadataInput } from './image-metadata.js';
import { ImageEdgeRef, ImageRef, newImageEdge } from './image-ref.js';
import { SimilarImageRef } from './similar-image.js';

const uploadErrors = [...fileErrors, FetchFailedError, ImageLimitReachedError, ...commonErrors];

const fileFields = {
  file: {
    type: 'File',
    description:
      'The file: a PNG, JPEG, WebP, AVIF or GIF of at most `limits.fileBytes`. Exactly one of `file`, `url` and `uploadId` is required.',
  },
  url: {
    type: 'URL',
    description:
      'Where the server fetches the file, instead of `file`: an https URL of a host on the public Internet, within ' +
      '`limits.urlFetchSeconds`. Not accepted if `limits.urlFetches` is 0.',
  },
  uploadId: {
    description: 'The id of an upload that `createUploads` returned, and whose file was sent, instead of `file`.',
  },
} as const;
const metadataField = { type: ImageMetadataInput, description: 'The metadata of the image.' } as const;

const warnField = {
  defaultValue: false,
  description:
    'Whether `warnings` of the result has a NearDuplicateWarning if the account already has images that look like the new one. The ' +
    'upload succeeds in any case.',
} as const;

const UploadImageInput = builder.inputType('UploadImageInput', {
  description: 'A new image.',
  fields: (t) => ({
    accountId: t.field(optionalAccountId),
    file: t.field(fileFields.file),
    url: t.field(fileFields.url),
    uploadId: t.id(fileFields.uploadId),
    metadata: t.field(metadataField),
    adoptEmbeddedAltText: t.boolean(adoptAltTextField),
    warnOfNearDuplicates: t.boolean(warnField),
  }),
});

const UploadImagesItem = builder.inputType('UploadImagesItem', {
  description: 'One of several new images.',
  fields: (t) => ({
    file: t.field(fileFields.file),
    url: t.field(fileFields.url),
    uploadId: t.id(fileFields.uploadId),
    metadata: t.field(metadataField),
    adoptEmbeddedAltText: t.boolean(adoptAltTextField),
    warnOfNearDuplicates: t.boolean(warnField),
  }),
});

const UploadImagesInput = builder.inputType('UploadImagesInput', {
  description: 'Several new images of one account.',
  fields: (t) => ({
    accountId: t.field(optionalAccountId),
    images: t.field({
      type: [UploadImagesItem],
      required: true,
      description: 'The images, at most `limits.requestFiles`.',
    }),
  }),
});

interface UploadWarning {
  readonly message: string;
}

const UploadWarningRef = builder.interfaceRef<UploadWarning>('UploadWarning').implement({
  description: 'Something that the client asked to be warned of. The upload succeeded.',
  fields: (t) => ({ message: t.exposeString('message', { description: 'The warning, in English.' }) }),
});

interface NearDuplicateWarning extends UploadWarning {
  readonly similar: readonly SimilarImage[];
}

builder.objectRef<NearDuplicateWarning>('NearDuplicateWarning').implement({
  description: 'The account already has images that look like the new one.',
  interfaces: [UploadWarningRef],
  isTypeOf: () => true,
  fields: (t) => ({
    similar: t.field({
      type: [SimilarImageRef],
      description: 'These images, at most 10, the nearest first.',
      resolve: ({ similar }) => [...similar],
    }),
  }),
});

interface UploadPayload extends UploadedImage {
  /** However often a document selects them, there is one search, as its cost has it. */
  readonly warnings: () => Promise<readonly UploadWarning[]>;
}

const findWarnings = async ({ images, caller }: GraphqlContext, image: Image): Promise<NearDuplicateWarning[]> => {
  const similar = await images.findNearDuplicates(caller, image);
  if (!similar?.length) return [];
  const subject = similar.length === 1 ? 'an image that looks' : `${similar.length} images that look`;
  return [{ message: `The account already has ${subject} like this one.`, similar }];
};

const UploadImagePayload = builder.objectRef<UploadPayload>('UploadImagePayload').implement({
  description: 'An uploaded image.',
  fields: (t) => ({
    image: t.expose('image', { type: ImageRef, description: 'The image.' }),
    imageEdge: t.field({
      type: ImageEdgeRef,
      description: 'The image as an edge, to insert into a list in the order `CREATED_ON_DESC`.',
      resolve: ({ image }) => newImageEdge(image),
    }),
    reenabled: t.exposeBoolean('reenabled', {
      description: 'Whether the account already had the image, disabled, and the upload enabled it again.',
    }),
    warnings: t.field({
      type: [UploadWarningRef],
      nullable: true,
      description:
        'What the client asked to be warned of; null if it could not be found out, for the reason in `errors`. Of two similar images ' +
        'that are uploaded at the same time, each may be the first.',
      resolve: async ({ warnings }) => [...(await warnings())],
    }),
  }),
});

interface NewImage {
  readonly file?: UploadedFile | null | undefined;
  readonly url?: URL | null | undefined;
  readonly uploadId?: string | null | undefined;
  readonly metadata?: MetadataInput | null | undefined;
  readonly adoptEmbeddedAltText?: boolean | null | undefined;
  readonly warnOfNearDuplicates?: boolean | null | undefined;
}

const upload = async (
  context: GraphqlContext,
  account: string | null | undefined,
  image: NewImage,
): Promise<UploadPayload> => {
  const uploaded = await addImage(context, account, image);
  let found: Promise<readonly UploadWarning[]> | undefined;
  const find = async () => (image.warnOfNearDuplicates ? findWarnings(context, uploaded.image) : []);
  return { ...uploaded, warnings: () => (found ??= find()) };
};

/** Uploads from where the input says that the file is. */
const addImage = (
  { images, caller }: GraphqlContext,
  account: string | null | undefined,
  { file, url, uploadId, metadata, adoptEmbeddedAltText }: NewImage,
): Promise<UploadedImage> => {
  const accountId = accountIdFor(caller, account);
  const uploadReceived = (received: ReceivedFile) =>
    images.upload(caller, { accountId, file: received, metadata, adoptEmbeddedAltText });
  if ([file, url, uploadId].filter(Boolean).length !== 1) {
    throw InvalidInputError.at(['file'], 'Exactly one of file, url and uploadId is required.');
  }
  if (file) return uploadReceived(file.received);
  if (url) return images.withFetchedFile(caller, { accountId, url: url.href }, uploadReceived);
  return images.withStagedFile(caller, { accountId, uploadId: uploadId ?? '' }, uploadReceived);
};

const costOfUpload = ({ warnOfNearDuplicates }: Pick<NewImage, 'warnOfNearDuplicates'>): number =>
  costs.upload + (warnOfNearDuplicates ? costs.similar : 0);

builder.mutationFields((t) => ({
  uploadImage: t.field({
    type: UploadImagePayload,
    nullable: true,
    needs: { scopes: ['images.write'], accountOf: ({ input }) => input.accountId },
    cost: ({ input }) => ({ own: costOfUpload(input) }),
    description: 'Adds an image to an account.',
    args: { input: t.arg({ type: UploadImageInput, required: true, description: 'The new image.' }) },
    errors: {
      types: uploadErrors,
      union: { name: 'UploadImageResult', description: 'The uploaded image, or the reason why it was refused.' },
    },
    resolve: (_root, { input: { accountId, ...image } }, context) => upload(context, accountId, image),
  }),
  uploadImages: t.field({
    type: [UploadImagePayload],
    nullable: { list: true, items: true },
    needs: { scopes: ['images.write'], accountOf: ({ input }) => input.accountId },
    cost: ({ input: { images } }) => ({
      own: images.reduce((sum, image) => sum + costOfUpload(image), 0),
      length: images.length,
    }),
    description:
      'Adds several images to an account. Returns one result for each file, in the same order, or a single error if ' +
      'there are too many files or the key does not allow uploads.',
    args: { input: t.arg({ type: UploadImagesInput, required: true, description: 'The new images.' }) },
    itemErrors: {
      types: uploadErrors,
      union: { name: 'UploadImagesResult', description: 'One uploaded image, or the reason why it was refused.' },
    },
    resolve: (_root, { input: { accountId, images: items } }, context) => {
      const { requestFiles } = context.limits;
      if (items.length > requestFiles) {
        return [Promise.reject(InvalidInputError.at(['images'], `Accepts at most ${requestFiles} images.`))];
      }
      // one after the other, so that of two equal files the first is the one that stays
      let previous: Promise<unknown> = Promise.resolve();
      return items.map((image) => {
        const uploading = previous.then(() => upload(context, accountId, image));
        previous = uploading.catch(() => undefined);
        return uploading;
      });
    },
  }),
}));
