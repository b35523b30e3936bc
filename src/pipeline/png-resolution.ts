// PNG (third edition), section 5: an 8-byte signature, then chunks of length, type, data and CRC.
const signatureBytes = 8;
const overheadBytes = 12;

/** The same PNG without its resolution, which libvips takes over from the source and writes before the pixels. */
export const withoutResolution = (png: Buffer): Buffer => {
  for (let start = signatureBytes; start + overheadBytes <= png.length; ) {
    const type = png.toString('latin1', start + 4, start + 8);
    const end = start + overheadBytes + png.readUInt32BE(start);
    if (type === 'pHYs') return Buffer.concat([png.subarray(0, start), png.subarray(end)]);
    if (type === 'IDAT') break;
    start = end;
  }
  return png;
};
