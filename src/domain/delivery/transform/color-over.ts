import type { Color } from './transform.js';

/** The channel as a number from 0 to 255; 255 where the colour ends before it. */
const channel = (color: Color, index: number): number =>
  Number.parseInt(color.slice(1 + 2 * index, 3 + 2 * index) || 'ff', 16);

/** The opaque colour that is seen where a colour, with or without alpha, lies over an opaque one. */
export function colorOver(top: Color, bottom: Color): Color {
  const alpha = channel(top, 3) / 255;
  const mixed = [0, 1, 2].map((index) =>
    Math.round(channel(top, index) * alpha + channel(bottom, index) * (1 - alpha)),
  );
  return `#${mixed.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}
