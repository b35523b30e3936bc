import type { Step } from './step.js';

/** Blurs by the plan's sigma, in pixels of the result. */
export const blur: Step = (picture, { plan }) => (plan.blur === null ? picture : picture.blur(plan.blur));
