import type { BoundedQueue } from '../../lib/bounded-queue.js';
import { SingleFlight } from '../../lib/single-flight.js';
import { authorize, type Caller } from '../caller.js';
import { NotFoundError } from '../errors.js';
import { type AccountId, type Image, type ImageId, type MimeType, mimeTypeOf, type PublicId } from '../image.js';
import type { ByteSource } from '../ports.js';
import { negotiateFormat } from '../transform/negotiate-format.js';
import { planVariant } from '../transform/plan-variant.js';
import type { Transform } from '../transform/transform.js';
import { variantEtag } from '../transform/variant-etag.js';
import type { ImageDependencies } from './dependencies.js';
import { findOwnImage } from './find-own-image.js';

export interface DeliveryRequest {
  readonly publicId: PublicId;
  readonly transform: Transform;
  /** The version that the client's URL names, if it names one. */
  readonly version: number | null;
  /** The client's Accept header. */
  readonly accept: string | undefined;
}

/** A public variant, told before anything is read or decoded. */
export interface Delivery {
  readonly etag: string;
  readonly mimeType: MimeType;
  /** Whether the client's URL will never mean another picture. */
  readonly immutable: boolean;
  /** Makes the bytes, or joins whoever is making the same. */
  render(): Promise<Uint8Array>;
}

const noSuchPublicImage = (): NotFoundError => new NotFoundError('No image has this public id.');

/** Public: whoever knows the public id of an image gets its variants, also while it is disabled. */
export const deliverImage = (
  { state, blobs, processor, limits }: ImageDependencies,
  renders: BoundedQueue,
): ((request: DeliveryRequest) => Promise<Delivery>) => {
  const flights = new SingleFlight<Uint8Array>();
  return async ({ publicId, transform, version, accept }) => {
    const image = await state.read.imageByPublicId(publicId);
    if (!image) throw noSuchPublicImage();
    const [[blob], [metadata]] = await Promise.all([
      state.read.blobsOf([image.sha256]),
      state.read.metadataOf([image.id]),
    ]);
    if (!blob) throw noSuchPublicImage();
    const format = negotiateFormat({ accept, transform, source: blob, limits });
    const plan = planVariant({ transform, format, source: blob, focalPoint: metadata?.focalPoint ?? null, limits });
    const etag = variantEtag(image.sha256, plan);
    const render = async (): Promise<Uint8Array> => {
      const source = await blobs.locate(image.sha256);
      if (!source) throw noSuchPublicImage();
      return processor.render(source, plan);
    };
    return {
      etag,
      mimeType: mimeTypeOf(plan.format),
      immutable: version === image.version,
      render: () => flights.run(etag, () => renders.run(render)),
    };
  };
};

/** The bytes of an image as they were uploaded, with all that is in them. */
export const openOriginal =
  ({ state, blobs }: ImageDependencies) =>
  async (caller: Caller, accountId: AccountId, id: ImageId): Promise<{ image: Image; source: ByteSource }> => {
    authorize(caller, 'images.read', accountId);
    const image = await findOwnImage(state.read, caller, id);
    const source = image.accountId === accountId ? await blobs.locate(image.sha256) : null;
    if (!source) throw new NotFoundError(`The account ${accountId} has no image ${id}.`);
    return { image, source };
  };
