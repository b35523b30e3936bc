import type { FocalPoint, OutputFormat } from '../../images/image.js';

/** How the image meets the box: cover crops, contain pads, inside only scales, fill distorts. */
export const fits = ['cover', 'contain', 'inside', 'fill'] as const;
export type Fit = (typeof fits)[number];

/** What a crop keeps: the middle, the busiest part, or a point; `focal` is the image's own focal point, else the middle. */
export type Focus = 'focal' | 'center' | 'attention' | 'entropy' | FocalPoint;

/** 0 stands for "by the other dimension", and 0 on both for the source's own size. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** `#rrggbb` or `#rrggbbaa`, in lower case. */
export type Color = `#${string}`;

/** A requested transformation: every value is within its range, nothing about the source is known yet. */
export interface Transform {
  readonly size: Size;
  readonly fit: Fit;
  readonly format: OutputFormat | 'auto';
  /** 1 to 100, or null for the format's default. */
  readonly quality: number | null;
  /** Device pixels for one pixel of `size`, 1 to 3. */
  readonly dpr: number;
  readonly focus: Focus;
  /** Sigma of a Gaussian blur in pixels of the result, or null for none. */
  readonly blur: number | null;
  /** What padding and transparency are filled with, or null for the format's default. */
  readonly background: Color | null;
  /** Whether a smaller source is scaled up. */
  readonly enlarge: boolean;
}

export const defaultTransform: Transform = {
  size: { width: 400, height: 400 },
  fit: 'cover',
  format: 'auto',
  quality: null,
  dpr: 1,
  focus: 'focal',
  blur: null,
  background: null,
  enlarge: false,
};
