export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The place of an image behind a box that it covers, in fractions of the box, so that the point is as near to the middle as it can be. */
export interface Placement extends Size {
  readonly left: number;
  readonly top: number;
}

/** What the server crops to a shape (width divided by height), to be shown before it is saved. */
export const placeCrop = (image: Size, shape: number, { x, y }: Point): Placement => {
  const imageShape = image.width / image.height;
  const width = Math.max(1, imageShape / shape);
  const height = Math.max(1, shape / imageShape);
  return { width, height, left: offset(width, x), top: offset(height, y) };
};

const offset = (whole: number, focus: number): number => -Math.max(0, Math.min(whole - 1, whole * focus - 0.5));

export const center: Point = { x: 0.5, y: 0.5 };

/** Within the image, to a thousandth of its side. */
export const clampPoint = ({ x, y }: Point): Point => ({ x: clamp(x), y: clamp(y) });

const clamp = (value: number): number => Math.round(Math.max(0, Math.min(1, value)) * 1_000) / 1_000;
