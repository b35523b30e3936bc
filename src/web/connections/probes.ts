import type { ServerResponse } from 'node:http';

const comment = ':\n\n';
const probes = new WeakMap<ServerResponse, string>();

/** What may be sent at any time in a stream that has begun, to find out whether its client is still there: a comment precedes any event. */
export const probeOf = (response: ServerResponse): string | undefined =>
  String(response.getHeader('content-type')).startsWith('text/event-stream') ? comment : probes.get(response);

/** For streams of other types. */
export const probeWith = (response: ServerResponse, text: string): void => {
  probes.set(response, text);
};
