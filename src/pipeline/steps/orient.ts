import type { Step } from './step.js';

/** Turns and mirrors the picture as its EXIF says, so that every later step sees it upright. */
export const orient: Step = (picture) => picture.autoOrient();
