import { createHash } from 'node:crypto';
import type { FocalPoint, ImageBlob, OutputFormat, Sha256 } from '../../images/image.js';
import type { Limits } from '../../limits.js';
import { cropFrame, cropWindow, type Layout, layOut } from './layout.js';
import { type Color, type EffectName, type Focus, parameterList, type Size, type Transform } from './transform.js';

/** What a plan needs to know of the source. */
export type VariantSource = Pick<ImageBlob, 'width' | 'height' | 'hasAlpha' | 'frameCount' | 'mimeType'>;

/** The values of the parameters that a step of the pipeline applies as they are; null if there is nothing to do. */
type Effects = { readonly [Name in EffectName]: Transform[Name] | null };

/** Everything but the source's bytes that decides the bytes of a variant. Equal results have one plan, so that they are rendered and kept once. */
export interface VariantPlan extends Effects {
  /** Pixels of the result; of one frame where it is animated. */
  readonly width: number;
  readonly height: number;
  readonly format: OutputFormat;
  /** 1 to 100; null where the format has none. */
  readonly quality: number | null;
  /**
   * How the source is brought to width x height: `scale` brings each side to the result's, `crop` cuts a part with its corner at left
   * and top (see `cropFrame`) or where a search finds something, `pad` puts the source, scaled to the inner size, in the middle.
   */
  readonly resize:
    | { readonly kind: 'scale' }
    | { readonly kind: 'crop'; readonly left: number; readonly top: number }
    | { readonly kind: 'crop'; readonly focus: 'attention' | 'entropy' }
    | { readonly kind: 'pad'; readonly innerWidth: number; readonly innerHeight: number };
  /** What transparency is filled with; null keeps it. */
  readonly background: Color | null;
  /** Whether all frames are kept, or only the first. */
  readonly animated: boolean;
}

export interface PlanVariantInput {
  readonly transform: Transform;
  /** The format to send, as `negotiateFormat` decided. */
  readonly format: OutputFormat;
  readonly source: VariantSource;
  /** The image's own focal point. */
  readonly focalPoint: FocalPoint | null;
  readonly limits: Pick<Limits, 'variantSide' | 'avifPixels' | 'animationPixels'>;
}

const white: Color = '#ffffff';

const defaultQuality = { jpeg: 80, png: null, webp: 80, avif: 50 } as const satisfies Record<
  OutputFormat,
  number | null
>;

const middle: FocalPoint = { x: 0.5, y: 0.5 };

/** A focus has more decimals than a crop has places: what matters is where the crop is, in whole pixels. */
function planCrop(layout: Layout, focus: Focus, focalPoint: FocalPoint | null, source: Size): VariantPlan['resize'] {
  const frame = cropFrame(source, layout);
  // rounded to whole pixels, nothing may be left to cut
  if (frame.part.width === frame.whole.width && frame.part.height === frame.whole.height) return { kind: 'scale' };
  if (focus === 'attention' || focus === 'entropy') return { kind: 'crop', focus };
  const point = focus === 'focal' ? (focalPoint ?? middle) : focus === 'center' ? middle : focus;
  const { left, top } = cropWindow(frame, point);
  return { kind: 'crop', left, top };
}

function planResize(
  layout: Layout,
  { focus }: Transform,
  { focalPoint, source }: Pick<PlanVariantInput, 'focalPoint' | 'source'>,
): VariantPlan['resize'] {
  const { resize } = layout;
  if (resize.kind === 'crop') return planCrop(layout, focus, focalPoint, source);
  if (resize.kind === 'pad') return { kind: 'pad', innerWidth: resize.inner.width, innerHeight: resize.inner.height };
  return { kind: 'scale' };
}

/** Null wherever a background would not be seen, so that it makes no second variant of the same image. */
function planBackground(background: Color | null, isSeen: boolean, format: OutputFormat): Color | null {
  if (!isSeen) return null;
  if (format === 'jpeg') return background === null ? white : colorOver(background, white);
  return background?.endsWith('00') && background.length === '#rrggbbaa'.length ? null : background;
}

/** A parameter that is not used is null, so that one more in a later release changes no plan without it. */
const effectsOf = (transform: Transform): Pick<VariantPlan, EffectName> => {
  const effects = parameterList.filter(([, { isEffect }]) => isEffect);
  const values = effects.map(([name, { fallback }]) => [name, transform[name] === fallback ? null : transform[name]]);
  return Object.fromEntries(values);
};

/** AVIF takes too long to encode for large images; WebP has all that it has. */
const affordableFormat = (format: OutputFormat, { width, height }: Size, avifPixels: number): OutputFormat =>
  format === 'avif' && width * height > avifPixels ? 'webp' : format;

/**
 * Settles everything that decides a variant's bytes, without looking at the source's. Equal results have equal plans, so the plan serves
 * as cache key and as ETag.
 */
export function planVariant({ transform, format: asked, source, focalPoint, limits }: PlanVariantInput): VariantPlan {
  const layout = layOut(transform, source, limits.variantSide);
  const { width, height } = layout;
  const format = affordableFormat(asked, layout, limits.avifPixels);
  const animated = format === 'webp' && animates(layout, source, transform, limits);
  const isBackgroundSeen = source.hasAlpha || layout.resize.kind === 'pad';
  return {
    width,
    height,
    format,
    quality: format === 'png' ? null : (transform.quality ?? defaultQuality[format]),
    resize: planResize(layout, transform, { focalPoint, source }),
    ...effectsOf(transform),
    // a single pixel has no neighbours to mix with
    blur: width * height === 1 ? null : transform.blur,
    background: planBackground(transform.background, isBackgroundSeen, format),
    animated,
    ...(animated ? { color: null } : {}),
  };
}

/** What a frame costs that is enlarged or blurred, as each is rendered by itself: as much as so many pixels, however few it has. */
const separateFramePixels = 40_000;

/**
 * Whether all frames of an animation are rendered in a variant of this size; else it is its first frame. The work is bounded before it
 * starts: encoding the frames takes longer than all the rest, and grows with their pixels.
 */
export function animates(
  { width, height }: Size,
  source: VariantSource,
  { blur }: Pick<Transform, 'blur'>,
  { animationPixels }: Pick<Limits, 'animationPixels'>,
): boolean {
  const isSeparate = blur !== null || width > source.width || height > source.height;
  const framePixels = Math.max(width * height, isSeparate ? separateFramePixels : 0);
  return source.frameCount > 1 && framePixels * source.frameCount <= animationPixels;
}

/** The channel as a number from 0 to 255; 255 where the colour ends before it. */
const channel = (color: Color, index: number): number =>
  Number.parseInt(color.slice(1 + 2 * index, 3 + 2 * index) || 'ff', 16);

/** The opaque colour that is seen where a colour, with or without alpha, lies over an opaque one. */
function colorOver(top: Color, bottom: Color): Color {
  const alpha = channel(top, 3) / 255;
  const mixed = [0, 1, 2].map((index) =>
    Math.round(channel(top, index) * alpha + channel(bottom, index) * (1 - alpha)),
  );
  return `#${mixed.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}

/** Rises whenever the pipeline or its codecs render other bytes from the same plan. */
const pipelineVersion = 4;

const hashBytes = 16;

/** One text for equal plans. What is null is left out, so that a parameter of a later release changes no ETag of plans without it. */
const canonical = (_key: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(
        Object.entries(value)
          .filter(([, part]) => part !== null)
          .sort(([a], [b]) => (a < b ? -1 : 1)),
      )
    : value;

/**
 * The strong ETag of a variant with its quotes (RFC 9110, section 8.8.3): 128 bits of SHA-256 in base64url. It is known before a
 * byte is read, and the part within the quotes serves as a file name.
 */
export function variantEtag(source: Sha256, plan: VariantPlan): string {
  const hash = createHash('sha256').update(JSON.stringify({ pipelineVersion, source, plan }, canonical)).digest();
  return `"${hash.subarray(0, hashBytes).toString('base64url')}"`;
}
