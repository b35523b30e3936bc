import { inDisplayP3 } from '../color/color-conversion.js';
import type { Step } from './step.js';

/** Lays the plan's background under what is transparent. */
export const fillBackground: Step = (image, { plan, conversion }) => {
  if (plan.background === null) return image;
  const background = conversion?.target === 'p3' ? inDisplayP3(plan.background) : plan.background;
  if (background.length === '#rrggbb'.length) return image.flatten({ background });
  const pixel = { create: { width: 1, height: 1, channels: 4 as const, background } };
  return image.composite([{ input: pixel, tile: true, blend: 'dest-over' }]);
};
