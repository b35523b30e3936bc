import plainSharp, { type Sharp, type SharpInput, type SharpOptions } from 'sharp';

// Many renders at a time with one thread each finish more than few with many threads, and hold less memory.
plainSharp.concurrency(1);
// Each source is opened once: what libvips would cache of it is never used again.
plainSharp.cache(false);
// libvips has decoders of dozens of formats, and an upload could reach a bug in any of them. Only those of accepted formats stay.
plainSharp.block({ operation: ['VipsForeignLoad'] });
plainSharp.unblock({
  operation: ['Jpeg', 'Png', 'Webp', 'Heif', 'Nsgif'].map((decoder) => `VipsForeignLoad${decoder}`),
});

let warnings = 0;

/**
 * How many warnings there were in this process. libvips does not say which image a warning is of, and whichever image is finished first
 * reports it. By the time an image is finished, its own warnings are counted.
 */
export const warningCount = (): number => warnings;

/** sharp as a server that runs for long wants it. */
export const sharp = (input?: SharpInput | SharpInput[] | SharpOptions, options?: SharpOptions): Sharp =>
  plainSharp(input as SharpInput, options).on('warning', () => {
    warnings += 1;
  });
