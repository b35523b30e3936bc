const startOfImageBytes = 2;

/**
 * The same image as another file: a comment with a number stands behind the start of the JPEG (ITU-T T.81, annex B). In pieces, so
 * that many large files cost the memory of one.
 */
export const distinctJpeg = (jpeg: Buffer, number: number): Buffer[] => {
  const comment = Buffer.alloc(12);
  comment.writeUInt16BE(0xfffe, 0);
  comment.writeUInt16BE(comment.length - 2, 2);
  comment.writeBigUInt64BE(BigInt(number), 4);
  return [jpeg.subarray(0, startOfImageBytes), comment, jpeg.subarray(startOfImageBytes)];
};
