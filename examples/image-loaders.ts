// Loaders for the image components of frameworks. Copy this file; `src` is always an `Image.url`, with or without a transform.

/** `limits.variantSide`: the most pixels of a side. */
const maxSide = 2048;

interface Variant {
  /** In pixels. With one of both, the other follows from the shape of `src`. */
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  /** 1 to 100. */
  readonly quality?: number | string | undefined;
  /** `auto`, `jpeg`, `png`, `webp` or `avif`. */
  readonly format?: string | undefined;
  /** `cover`, `contain`, `inside` or `fill`. */
  readonly fit?: string | undefined;
}

/**
 * The URL of a variant. It keeps the version `v` of `src`, so that it can be cached forever, and every other parameter that is not
 * named. A crop keeps its shape. A size beyond the limit shrinks in proportion, so that large widths share one URL.
 */
export const variantUrl = (src: string, { width, height, ...others }: Variant): string => {
  const url = new URL(src);
  const query = url.searchParams;
  const [ownWidth, ownHeight] = (query.get('size') ?? '0x0').split('x').map(Number) as [number, number];
  if (width || height) {
    const isCrop = ownWidth > 0 && ownHeight > 0;
    const wanted = {
      width: width || (isCrop && height ? (height * ownWidth) / ownHeight : 0),
      height: height || (isCrop && width ? (width * ownHeight) / ownWidth : 0),
    };
    const scale = Math.min(1, maxSide / Math.max(wanted.width, wanted.height));
    query.set('size', `${Math.round(wanted.width * scale)}x${Math.round(wanted.height * scale)}`);
    query.delete('dpr');
  }
  for (const [name, value] of Object.entries(others)) if (value) query.set(name, String(value));
  return url.href;
};

/** For `images.loaderFile` of Next.js: `export { nextImageLoader as default } from './image-loaders';` */
export const nextImageLoader = ({ src, width, quality }: { src: string; width: number; quality?: number }): string =>
  variantUrl(src, { width, quality });

/** For a provider of Nuxt Image: `export default defineProvider({ getImage });` */
export const getImage = (src: string, { modifiers }: { modifiers: Variant }): { url: string } => {
  const { width, height, quality, format, fit } = modifiers;
  return { url: variantUrl(src, { width, height, quality, format, fit }) };
};

/** For the `transformer` of Unpic's base components. */
export const unpicTransformer = (src: string | URL, { width, height, quality, format }: UnpicOperations): string =>
  variantUrl(String(src), { width: Number(width ?? 0), height: Number(height ?? 0), quality, format });

interface UnpicOperations {
  readonly width?: number | string;
  readonly height?: number | string;
  readonly quality?: number;
  readonly format?: string;
}
