import { InvalidInputError } from '../errors.js';
import type { Caller } from '../identity/caller.js';
import { nameInUrl } from '../images/file-name.js';
import { type FocalPoint, type Image, type ImageBlob, type MimeType, mimeTypeOf } from '../images/image.js';
import type { Limits } from '../limits.js';
import { originalPathOf, type SignedOriginals } from '../originals/signed-originals.js';
import { layOut } from './transform/layout.js';
import { negotiateFormat } from './transform/negotiate-format.js';
import { planVariant } from './transform/plan-variant.js';
import { defaultTransform, type Size, type Transform } from './transform/transform.js';
import type { TransformPolicy } from './transform-policy.js';

/** A variant as a page needs it: where it is, and what will come from there. */
export interface ImageVariant {
  readonly url: string;
  /** Pixels of the result. */
  readonly width: number;
  readonly height: number;
  /** Of the result, for a client that accepts every type. */
  readonly mimeType: MimeType;
}

/** A URL that works for anyone who has it, for a while. */
export interface SignedUrl {
  readonly url: string;
  readonly expiresOn: Date;
}

/** What the geometry of a variant depends on. */
export interface VariantSource {
  readonly image: Image;
  readonly blob: ImageBlob;
  readonly focalPoint: FocalPoint | null;
}

/** The addresses of images and their variants under one base URL. */
export class Variants {
  constructor(
    private readonly publicUrl: () => string,
    private readonly limits: Limits,
    private readonly policy: TransformPolicy,
    private readonly originals: SignedOriginals,
  ) {}

  /** The public URL of an image without any parameter of a transform. */
  link(image: Image): string {
    return `${this.publicUrl()}${this.policy.targetOfPath(pathOf(image))}`;
  }

  /** The URL of the untouched original, which needs `images.read`. */
  originalUrl(image: Image): string {
    return `${this.publicUrl()}${originalPathOf(image)}`;
  }

  /**
   * A URL of the original that needs no key, until it expires.
   * @param expiresIn Seconds; an hour unless given.
   * @throws {ForbiddenError} unless the caller may read the image. {@link InvalidInputError}
   */
  signedOriginalUrl(caller: Caller, image: Image, expiresIn?: number | null): SignedUrl {
    const { target, expiresOn } = this.originals.sign(caller, image, expiresIn);
    return { url: `${this.publicUrl()}${target}`, expiresOn };
  }

  /**
   * The URL of a variant, with the name of the file as its last segment, if it has one. The query changes with the image's bytes and
   * focal point, so its response can be cached forever.
   */
  url(image: Image, transform: Transform = defaultTransform): string {
    return this.#urlsOf(image, transform)(transform);
  }

  /** Writes the URLs of an image for transforms to one format. */
  #urlsOf(image: Image, { format }: Pick<Transform, 'format'>): (transform: Transform) => string {
    const mimeType = format === 'auto' ? image.mimeType : mimeTypeOf(format);
    const path = `${pathOf(image)}${nameInUrl(image, mimeType)}`;
    const publicUrl = this.publicUrl();
    return (transform) => `${publicUrl}${this.policy.target(path, transform, image.version)}`;
  }

  variant({ image, blob, focalPoint }: VariantSource, transform: Transform = defaultTransform): ImageVariant {
    const format = negotiateFormat({ accept: undefined, transform, source: blob, limits: this.limits });
    const plan = planVariant({ transform, format, source: blob, focalPoint, limits: this.limits });
    return {
      url: this.url(image, transform),
      width: plan.width,
      height: plan.height,
      mimeType: mimeTypeOf(plan.format),
    };
  }

  /**
   * The value of an `img` element's `srcset`: a candidate for each width that the image can give, with its true width. The
   * transform's size gives the shape; without one the image keeps its own.
   */
  srcset(
    { image, blob }: Pick<VariantSource, 'image' | 'blob'>,
    widths: readonly number[],
    transform: Transform,
  ): string {
    if (widths.length === 0 || widths.length > this.limits.srcsetWidths) {
      throw InvalidInputError.at(['widths'], `Accepts 1 to ${this.limits.srcsetWidths} widths.`);
    }
    const urlOf = this.#urlsOf(image, transform);
    const candidates = new Map<number, string>();
    for (const asked of [...widths].sort((a, b) => a - b)) {
      const sized = { ...transform, size: this.#sizeOfWidth(asked, transform) };
      // all that a candidate needs of its plan
      const { width } = layOut(sized, blob, this.limits.variantSide);
      // a source smaller than the widths gives the same variant for all of them
      if (!candidates.has(width)) candidates.set(width, `${urlOf(sized)} ${width}w`);
    }
    return [...candidates.values()].join(', ');
  }

  /** A size of the transform's shape with this width, or the largest of that shape whose sides are not clamped. */
  #sizeOfWidth(width: number, { size, dpr }: Transform): Size {
    if (size.width === 0 || size.height === 0) return { width, height: 0 };
    const shape = size.height / size.width;
    const maxSide = this.limits.variantSide / dpr;
    const fitting = Math.max(1, Math.floor(Math.min(width, maxSide, maxSide / shape)));
    return { width: fitting, height: Math.max(1, Math.round(fitting * shape)) };
  }
}

const pathOf = ({ publicId }: Image): string => `/images/${publicId}`;
