import type { Step } from './step.js';

/** Makes 8-bit sRGB of any colour space, depth and profile: what a browser shows right without a profile. */
export const convertToSrgb: Step = (picture) => picture.toColourspace('srgb');
