import type { FocalPoint, OutputFormat } from '../../images/image.js';
import type { Limits } from '../../limits.js';
import { animates } from './animates.js';
import { colorOver } from './color-over.js';
import { cropFrame, cropWindow } from './crop-window.js';
import { type Layout, layOut } from './layout.js';
import { type Color, type EffectName, type Focus, parameterList, type Size, type Transform } from './transform.js';
import type { VariantPlan, VariantSource } from './variant-plan.js';

export interface PlanVariantInput {
  readonly transform: Transform;
  /** What the client is to get, as `negotiateFormat` settled it. */
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

/** A focus has more decimals than a crop has places: what counts is where the crop is, in whole pixels. */
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
    animated: format === 'webp' && animates(layout, source, transform, limits),
  };
}
