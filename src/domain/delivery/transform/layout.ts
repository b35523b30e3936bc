import { coverFactor, insideFactor, scaledSize } from './scaling.js';
import type { Fit, Size, Transform } from './transform.js';

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
