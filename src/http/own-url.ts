/** Addresses to listen at that stand for all of a machine's own, and that no link can lead to. */
const wildcards = new Set(['0.0.0.0', '::']);

/** Where a server that listens at an address is reached from its own machine. */
export const ownUrl = (address: string, port: number): string => {
  if (wildcards.has(address)) return `http://localhost:${port}`;
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
};
