import type { FileHandle } from 'node:fs/promises';

/** Appends the parts in one step, without a copy that has all of them; the system may write less than it is given, and then the rest. */
export const writeAll = async (file: FileHandle, parts: readonly Uint8Array[]): Promise<void> => {
  const { bytesWritten } = await file.writev(parts);
  const byteSize = parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
  if (bytesWritten < byteSize) await file.writeFile(Buffer.concat(parts).subarray(bytesWritten));
};
