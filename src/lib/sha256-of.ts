import { createHash } from 'node:crypto';

/** The SHA-256 of a stream in hexadecimal digits. Memory does not grow with its length. */
export const sha256Of = async (stream: AsyncIterable<Uint8Array>): Promise<string> => {
  const hash = createHash('sha256');
  for await (const chunk of stream) hash.update(chunk);
  return hash.digest('hex');
};
