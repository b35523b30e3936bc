import sharp from 'sharp';

// Many renders at a time with one thread each finish more than few with many threads, and hold less memory.
sharp.concurrency(1);
// Each source is opened once: what libvips would cache of it is never used again.
sharp.cache(false);
// libvips has decoders of dozens of formats, and an upload could reach a bug in any of them. Only those of accepted formats stay.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['Jpeg', 'Png', 'Webp', 'Heif', 'Nsgif'].map((decoder) => `VipsForeignLoad${decoder}`),
});

/** sharp as a server that runs for long wants it. */
export { sharp };
