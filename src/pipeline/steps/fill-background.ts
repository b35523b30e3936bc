import type { Step } from './step.js';

/** Lays the plan's background under what is transparent. */
export const fillBackground: Step = (picture, { plan: { background } }) => {
  if (background === null) return picture;
  if (background.length === '#rrggbb'.length) return picture.flatten({ background });
  const pixel = { create: { width: 1, height: 1, channels: 4 as const, background } };
  return picture.composite([{ input: pixel, tile: true, blend: 'dest-over' }]);
};
