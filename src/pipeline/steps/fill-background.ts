import type { Step } from './step.js';

/** Lays the plan's background under what is transparent. */
export const fillBackground: Step = (image, { plan: { background } }) => {
  if (background === null) return image;
  if (background.length === '#rrggbb'.length) return image.flatten({ background });
  const pixel = { create: { width: 1, height: 1, channels: 4 as const, background } };
  return image.composite([{ input: pixel, tile: true, blend: 'dest-over' }]);
};
