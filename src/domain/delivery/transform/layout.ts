import type { FocalPoint } from '../../images/image.js';
import type { Fit, Size, Transform } from './transform.js';

/** In whole pixels, 1 at least. */
export const scaledSize = ({ width, height }: Size, factor: number): Size => ({
  width: Math.max(1, Math.round(width * factor)),
  height: Math.max(1, Math.round(height * factor)),
});

/** The factor that scales an image so that it just covers a box. */
export const coverFactor = (image: Size, box: Size): number =>
  Math.max(box.width / image.width, box.height / image.height);

/** The factor that scales an image so that it just fits into a box. */
const insideFactor = (image: Size, box: Size): number => Math.min(box.width / image.width, box.height / image.height);

/** The size of the result, and how the source is brought to it. */
export interface Layout extends Size {
  /** `scale` brings both sides to the result's, `crop` cuts what covers it, `pad` surrounds an image of the inner size. */
  readonly resize:
    | { readonly kind: 'scale' }
    | { readonly kind: 'crop' }
    | { readonly kind: 'pad'; readonly inner: Size };
}

interface Frame {
  /** Both sides 1 or more. */
  readonly box: Size;
  readonly source: Size;
  readonly enlarge: boolean;
}

const sameSize = (a: Size, b: Size): boolean => a.width === b.width && a.height === b.height;

/** The source's shape, by the one given side or, where none is given, in its own size. */
function scale({ box, source, enlarge }: Frame, maxSide: number): Layout {
  const asked = box.width > 0 ? box.width / source.width : box.height > 0 ? box.height / source.height : 1;
  const allowed = enlarge ? asked : Math.min(asked, 1);
  const factor = Math.min(allowed, maxSide / source.width, maxSide / source.height);
  return { ...scaledSize(source, factor), resize: { kind: 'scale' } };
}

function cover({ box, source, enlarge }: Frame): Layout {
  const factor = coverFactor(source, box);
  // A box that is larger than the source becomes the largest one of its shape that the source can fill.
  const shrink = enlarge ? 1 : Math.max(factor, 1);
  const result = scaledSize(box, 1 / shrink);
  const isWhole = sameSize(scaledSize(source, factor / shrink), result);
  return { ...result, resize: { kind: isWhole ? 'scale' : 'crop' } };
}

function inside({ box, source, enlarge }: Frame): Layout {
  const factor = insideFactor(source, box);
  return { ...scaledSize(source, enlarge ? factor : Math.min(factor, 1)), resize: { kind: 'scale' } };
}

function contain(frame: Frame): Layout {
  const { width, height } = inside(frame);
  const inner = { width, height };
  return { ...frame.box, resize: sameSize(inner, frame.box) ? { kind: 'scale' } : { kind: 'pad', inner } };
}

function fill({ box, source, enlarge }: Frame): Layout {
  const factor = enlarge ? 1 : Math.min(1, insideFactor(box, source));
  return { ...scaledSize(box, factor), resize: { kind: 'scale' } };
}

const layouts = { cover, contain, inside, fill } satisfies Record<Fit, (frame: Frame) => Layout>;

/**
 * The size of the result in whole pixels and how the source gets there. Both sides are from 1 to `maxSide`, and neither passes
 * the source's without `enlarge`, except where padding makes up the canvas of `contain`.
 */
export function layOut(
  { size, fit, dpr, enlarge }: Pick<Transform, 'size' | 'fit' | 'dpr' | 'enlarge'>,
  source: Size,
  maxSide: number,
): Layout {
  const clamp = (side: number): number => Math.min(Math.round(side * dpr), maxSide);
  const box = { width: clamp(size.width), height: clamp(size.height) };
  const frame = { box, source, enlarge };
  return box.width === 0 || box.height === 0 ? scale(frame, maxSide) : layouts[fit](frame);
}

/** Pixels from the top left corner. */
export interface CropWindow extends Size {
  readonly left: number;
  readonly top: number;
}

/** What a crop cuts, and how much of it. */
interface CropFrame {
  readonly whole: Size;
  readonly part: Size;
  /** Whether the whole is the source itself, so that the part is scaled after the cut. */
  readonly isSource: boolean;
}

/**
 * An image that is shrunk is cut afterwards: only so can a decoder shrink while it loads. One that is enlarged is cut before: a source of
 * 16384 x 1 pixels that covers 2048 x 2048 would be 33 million pixels wide.
 */
export function cropFrame(source: Size, result: Size): CropFrame {
  const factor = coverFactor(source, result);
  return factor > 1
    ? { whole: source, part: scaledSize(result, 1 / factor), isSource: true }
    : { whole: scaledSize(source, factor), part: { width: result.width, height: result.height }, isSource: false };
}

const offset = (whole: number, part: number, focus: number): number =>
  Math.max(0, Math.min(whole - part, Math.round(whole * focus - part / 2)));

/** The part that has the point in its middle, or as near to it as the edges allow. */
export function cropWindow({ whole, part }: CropFrame, focus: FocalPoint): CropWindow {
  return {
    left: offset(whole.width, part.width, focus.x),
    top: offset(whole.height, part.height, focus.y),
    width: part.width,
    height: part.height,
  };
}
