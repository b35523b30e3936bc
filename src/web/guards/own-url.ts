const urlOf = (address: string): string => `http://${address.includes(':') ? `[${address}]` : address}`;

/** Whether an address to listen on means all addresses of a machine, so that no link can lead to it. */
export const isWildcard = (address: string): boolean =>
  URL.canParse(urlOf(address)) && ['0.0.0.0', '[::]'].includes(new URL(urlOf(address)).hostname);

/** The URL at which a server that listens at an address is reached from its own machine. */
export const ownUrl = (address: string, port: number): string =>
  isWildcard(address) ? `http://localhost:${port}` : `${urlOf(address)}:${port}`;
