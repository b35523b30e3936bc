import libvips, { type Sharp, type SharpInput, type SharpOptions } from 'sharp';

// Many renders at a time with one thread each finish more than few with many threads, and hold less memory.
libvips.concurrency(1);
// Each source is opened once: what libvips would cache of it is never used again.
libvips.cache(false);
// libvips has decoders of dozens of formats, and an upload could reach a bug in any of them. Only those of accepted formats stay.
libvips.block({ operation: ['VipsForeignLoad'] });
libvips.unblock({
  operation: ['Jpeg', 'Png', 'Webp', 'Heif', 'Nsgif'].map((decoder) => `VipsForeignLoad${decoder}`),
});

let warnings = 0;

/**
 * How many warnings there were in this process. Any image that is done at the time reports a warning, whichever it is of; but by the
 * end of its own image it is counted.
 */
export const warningCount = (): number => warnings;

/** sharp as a server that runs for long wants it. */
export const sharp = (input?: SharpInput | SharpInput[] | SharpOptions, options?: SharpOptions): Sharp =>
  libvips(input as SharpInput, options).on('warning', () => {
    warnings += 1;
  });
