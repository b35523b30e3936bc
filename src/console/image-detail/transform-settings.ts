import type { ImageColor, ImageFit, ImageFocus, ImageFormat, ImageTransform } from '../generated/graphql.js';

/** The formats of variants. */
export type VariantFormat = Exclude<ImageFormat, 'GIF'>;

/** The form of a transform: what is empty is left out. */
export interface TransformSettings {
  /** A preset of the server in place of everything else; empty for none. */
  readonly preset: string;
  readonly width: string;
  readonly height: string;
  readonly fit: ImageFit;
  readonly focus: ImageFocus;
  readonly format: VariantFormat;
  readonly quality: string;
  readonly blur: string;
  readonly background: string;
  readonly color: ImageColor;
}

export const defaultSettings: TransformSettings = {
  preset: '',
  width: '640',
  height: '',
  fit: 'COVER',
  focus: 'FOCAL_POINT',
  format: 'AUTO',
  quality: '',
  blur: '',
  background: '',
  color: 'SRGB',
};

export const transformOf = (settings: TransformSettings): ImageTransform => ({
  ...(settings.width && { width: Number(settings.width) }),
  ...(settings.height && { height: Number(settings.height) }),
  ...(settings.fit !== 'COVER' && { fit: settings.fit }),
  ...(settings.focus !== 'FOCAL_POINT' && { focus: settings.focus }),
  ...(settings.format !== 'AUTO' && { format: settings.format }),
  ...(settings.quality && { quality: Number(settings.quality) }),
  ...(settings.blur && { blur: Number(settings.blur) }),
  ...(settings.background && { background: settings.background }),
  ...(settings.color !== 'SRGB' && { color: settings.color }),
});

/** The widths of a `srcset` for an image that is shown with this width: the same, and denser screens. */
export const srcsetWidths = (shown: number, limit: number): number[] => [
  ...new Set(
    [shown / 2, shown, shown * 1.5, shown * 2].map((width) => Math.max(1, Math.min(limit, Math.round(width)))),
  ),
];

/** A value as GraphQL writes it in a document. */
export const graphqlValue = (value: unknown): string => {
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).map(([name, field]) => `${name}: ${graphqlValue(field)}`);
    return `{ ${fields.join(', ')} }`;
  }
  // an enum has capitals only and no quotes; a color has its #
  return typeof value === 'string' && !/^[A-Z_]+$/.test(value) ? JSON.stringify(value) : String(value);
};

/** An attribute's value in HTML. */
export const htmlAttribute = (text: string): string =>
  `"${text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')}"`;
