import { randomBytes, randomUUID } from 'node:crypto';
import type { Address } from '../../src/domain/images/address.js';
import {
  type AccountId,
  extensionOf,
  factsVersions,
  formatOf,
  type Image,
  type ImageId,
  type ImageMetadata,
  type InspectedBlob,
  type PublicId,
  type Sha256,
} from '../../src/domain/images/image.js';
import { type MetalImage, parseImageName } from '../../src/domain/metal/metal-image.js';
import type { State } from '../../src/domain/ports.js';
import type { Webhook, WebhookDelivery, WebhookId, WebhookSecret } from '../../src/domain/webhooks/webhook.js';

export const sampleAccountId = (): AccountId => randomUUID() as AccountId;
export const sampleSha256 = (): Sha256 => randomBytes(32).toString('hex') as Sha256;

/** A valid image with bytes of its own, but for what is given. */
export const sampleImage = (given: Partial<Image> = {}): Image => {
  const createdOn = given.createdOn ?? new Date('2026-01-02T03:04:05.678Z');
  return {
    id: randomUUID() as ImageId,
    publicId: randomBytes(11).toString('hex').slice(0, 21) as PublicId,
    accountId: sampleAccountId(),
    sha256: sampleSha256(),
    mimeType: 'image/png',
    byteSize: 1_000,
    version: 1,
    metadataRevision: 1,
    createdOn,
    updatedOn: createdOn,
    fileName: null,
    disabledOn: null,
    ...given,
  };
};

export const sampleMetadata = (image: Image, given: Partial<ImageMetadata> = {}): ImageMetadata => ({
  imageId: image.id,
  altText: null,
  focalPoint: null,
  address: null,
  ext: extensionOf(image.mimeType),
  updatedOn: image.updatedOn,
  ...given,
});

/** An address that no other sample has. */
export const sampleAddress = (given: Partial<Address> = {}): Address => ({
  type: 'UGC',
  entityId: randomUUID(),
  ds: 'GALLERY',
  cid: null,
  docid: null,
  ...given,
});

/** The facts that fit an image's bytes. */
export const sampleBlob = ({ sha256, mimeType, byteSize }: Image): InspectedBlob => ({
  sha256,
  mimeType,
  byteSize,
  width: 640,
  height: 480,
  hasAlpha: true,
  frameCount: 1,
  placeholder: {
    thumbhash: '1QcSHQRnh493V4dIh4eXh1h4kJUI',
    dataUri: 'data:image/webp;base64,',
    dominantColor: '#0a141e',
  },
  embedded: { altText: 'A lighthouse', description: null, creator: 'Somebody', copyright: null },
  fingerprint: null,
  factsVersion: factsVersions[formatOf(mimeType)],
});

/** Writes an image with its blob and metadata in a transaction of its own. */
export const insertSample = async (
  state: Pick<State, 'write'>,
  image: Image = sampleImage(),
  metadata: Partial<ImageMetadata> = {},
): Promise<Image> => {
  await state.write(async (writer) => {
    await writer.saveBlob(sampleBlob(image));
    await writer.insertImage(image, sampleMetadata(image, metadata));
  });
  return image;
};

/** A valid metal image of an id that says what it is, but for what is given. It expires in 2030. */
export const sampleMetalImage = (id: string, given: Partial<MetalImage> = {}): MetalImage => {
  const name = parseImageName(id);
  if ('fault' in name) throw new RangeError(name.fault.kind);
  const created = given.created ?? new Date('2026-01-02T03:04:05.678Z');
  return {
    id,
    name: `${id} image`,
    description: '',
    url: `https://images.example/${id}.tar.lz4`,
    features: ['machine'],
    classification: 'preview',
    expirationDate: new Date('2030-01-01T00:00:00Z'),
    ...name,
    created,
    changed: created,
    revision: 1,
    ...given,
  };
};

/** Writes metal images in one transaction. */
export const insertMetalImages = (state: Pick<State, 'write'>, images: readonly MetalImage[]): Promise<void> =>
  state.write(async ({ metal }) => {
    for (const image of images) await metal.insertImage(image);
  });

/** A valid webhook of an account, which has delivered nothing, but for what is given. */
export const sampleWebhook = (accountId: AccountId, given: Partial<Webhook> = {}): Webhook => {
  const createdOn = given.createdOn ?? new Date('2026-01-02T03:04:05.678Z');
  return {
    id: randomUUID() as WebhookId,
    accountId,
    url: 'https://hooks.example/images',
    secret: `whsec_${randomBytes(32).toString('base64')}` as WebhookSecret,
    previousSecret: null,
    previousSecretUntil: null,
    createdOn,
    updatedOn: createdOn,
    disabledOn: null,
    revision: 1,
    deliveredSeq: 0,
    failedAttempts: 0,
    failingSince: null,
    nextAttemptOn: null,
    ...given,
  };
};

/** A successful attempt to deliver a message. */
export const sampleDelivery = (messageId: string): WebhookDelivery => ({
  messageId,
  eventType: 'image.created',
  attemptedOn: new Date('2026-01-02T03:04:05.678Z'),
  durationMs: 12,
  status: 204,
  failure: null,
});
