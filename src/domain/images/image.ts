import type { Address } from './address.js';

/** A string that was checked to be what its name says. */
export type Branded<Name extends string> = string & { readonly __brand: Name };

/** UUID of the account that owns an image, in lower case. */
export type AccountId = Branded<'AccountId'>;
/** UUID of an image within its account, in lower case. */
export type ImageId = Branded<'ImageId'>;
/** 21 unguessable characters of [A-Za-z0-9] that name an image to the public. */
export type PublicId = Branded<'PublicId'>;
/** SHA-256 of an image's bytes, 64 lower-case hexadecimal digits. */
export type Sha256 = Branded<'Sha256'>;

/**
 * What an image looks like from afar, whatever its size, format and quality: the strengths of the lowest 16 x 16 frequencies of its
 * luminance, a byte each, in base64. The hashes of the image and of its crops follow from it without its pixels.
 */
export type Fingerprint = Branded<'Fingerprint'>;

export const publicIdLength = 21;

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const publicIdPattern = new RegExp(`^[A-Za-z0-9]{${publicIdLength}}$`);

/** A UUID in lower case, if the text is one. */
export const asUuid = (text: string): string | undefined => {
  const lowerCase = text.toLowerCase();
  return uuidPattern.test(lowerCase) ? lowerCase : undefined;
};

export const asAccountId = (text: string): AccountId | undefined => asUuid(text) as AccountId | undefined;
export const asImageId = (text: string): ImageId | undefined => asUuid(text) as ImageId | undefined;
export const asPublicId = (text: string): PublicId | undefined =>
  publicIdPattern.test(text) ? (text as PublicId) : undefined;

/** The formats that an image may be stored in. */
export const storedFormats = ['jpeg', 'png', 'webp', 'avif', 'gif'] as const;
export type StoredFormat = (typeof storedFormats)[number];

/** Those of APIs that are older than the others. */
export const baselineFormats = ['png', 'jpeg', 'webp'] as const satisfies readonly StoredFormat[];

/** The formats that a variant may be served in. */
export const outputFormats = ['jpeg', 'png', 'webp', 'avif'] as const;
export type OutputFormat = (typeof outputFormats)[number];

type ImageFormat = StoredFormat | OutputFormat;
export type MimeType<Format extends ImageFormat = OutputFormat> = `image/${Format}`;
export type StoredMimeType = MimeType<StoredFormat>;

export const mimeTypeOf = <Format extends ImageFormat>(format: Format): MimeType<Format> => `image/${format}`;
export const formatOf = <Format extends ImageFormat>(mimeType: MimeType<Format>): Format =>
  mimeType.slice('image/'.length) as Format;

const extensions = { jpeg: '.jpg', png: '.png', webp: '.webp', avif: '.avif', gif: '.gif' } as const satisfies Record<
  StoredFormat,
  string
>;

/** What the name of a file with the bytes ends with, dot included. */
export type ImageExtension = (typeof extensions)[StoredFormat];
export const extensionOf = (mimeType: StoredMimeType): ImageExtension => extensions[formatOf(mimeType)];

/** A point of an image as fractions of its width and height from the top left corner, each from 0 to 1. */
export interface FocalPoint {
  readonly x: number;
  readonly y: number;
}

/** What was learned of the bytes when they came in. Every image with the same bytes shares it. */
export interface ImageBlob {
  readonly sha256: Sha256;
  readonly byteSize: number;
  readonly mimeType: StoredMimeType;
  /** Pixels, after the EXIF orientation is applied. */
  readonly width: number;
  /** Pixels, after the EXIF orientation is applied; of one frame. */
  readonly height: number;
  readonly hasAlpha: boolean;
  /** 1 for a still image. */
  readonly frameCount: number;
  readonly placeholder: Placeholder;
  /** Null if the image has too little detail to be distinguished from others by it, or its facts are of an older version. */
  readonly fingerprint: Fingerprint | null;
  /** Which of the {@link factsVersions} of its format found the facts. */
  readonly factsVersion: number;
}

/** What a file says about itself, written into it by its author or an editor. Null for what it does not say. */
export interface EmbeddedTexts {
  /** The alternative text for accessibility. */
  readonly altText: string | null;
  readonly description: string | null;
  readonly creator: string | null;
  readonly copyright: string | null;
}

export const noEmbeddedTexts: EmbeddedTexts = { altText: null, description: null, creator: null, copyright: null };

/** All that an inspection learns of bytes. The texts are read apart from the rest: they can be long, and few requests need them. */
export interface InspectedBlob extends ImageBlob {
  readonly embedded: EmbeddedTexts;
}

export type FactsVersions = Readonly<Record<StoredFormat, number>>;

/**
 * Rises for the formats of which an inspection finds what it did not find before. Facts of an older version are found again by
 * `npm run verify -- --facts`, which decodes each file: no other format has to pay for it.
 */
export const factsVersions: FactsVersions = { jpeg: 1, png: 1, webp: 1, avif: 2, gif: 2 };

/** What a page shows until the image is loaded. */
export interface Placeholder {
  /** A ThumbHash (about 25 bytes) in standard base64. */
  readonly thumbhash: string;
  /** A WebP of at most 16 pixels a side as a `data:` URI. */
  readonly dataUri: string;
  /** `#rrggbb` */
  readonly dominantColor: string;
}

export interface Image {
  readonly id: ImageId;
  readonly publicId: PublicId;
  readonly accountId: AccountId;
  readonly sha256: Sha256;
  readonly mimeType: StoredMimeType;
  readonly byteSize: number;
  /** The client's name of the file, cleaned; null if it has none. */
  readonly fileName: string | null;
  /** Rises with every change of what its URLs serve: the bytes and the focal point. */
  readonly version: number;
  /** Rises with every change of the metadata or the file name. */
  readonly metadataRevision: number;
  readonly createdOn: Date;
  readonly updatedOn: Date;
  /** Since when the image cannot be assigned any more; its public URL goes on working. */
  readonly disabledOn: Date | null;
}

export interface ImageMetadata {
  readonly imageId: ImageId;
  readonly altText: string | null;
  readonly focalPoint: FocalPoint | null;
  /** Null for an image that is found by its ids alone. */
  readonly address: Address | null;
  /** Of the image's bytes. */
  readonly ext: ImageExtension;
  readonly updatedOn: Date;
}
