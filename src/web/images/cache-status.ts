import type { LoadedVariant } from '../../domain/delivery/open-variant.js';

// Cache-Status (RFC 9211): where the server has a response from. Caches in front of it add theirs.
const name = 'cache-status';

/** Of a 304, which needs no bytes. */
export const statusOf304 = [name, 'image-facade; hit'] as const;

/** Of bytes that were in memory. */
export const statusOfMemory = [name, 'image-facade; hit; detail=memory'] as const;

const statusOfDisk = [name, 'image-facade; hit; detail=disk'] as const;
const statusOfRender = [name, 'image-facade; fwd=miss; detail=render'] as const;

const metric = (step: string, ms: number): string => `${step};dur=${ms.toFixed(1)}`;

/**
 * Of bytes that were loaded. If they had to be rendered, also how long each step took (Server-Timing), which pages of every origin may
 * read.
 * @param planMs How long it took to find the image and to plan the variant.
 */
export const statusOfLoaded = ({ render }: LoadedVariant, planMs: number): readonly string[] => {
  if (!render) return statusOfDisk;
  const { readMs, queueMs, renderMs } = render;
  const steps = { plan: planMs, read: readMs, queue: queueMs, render: renderMs };
  const timing = Object.entries(steps).map(([step, ms]) => metric(step, ms));
  return [...statusOfRender, 'server-timing', timing.join(', '), 'timing-allow-origin', '*'];
};
