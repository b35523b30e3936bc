import type { IncomingMessage } from 'node:http';

/** The path and query of a request, whose target may be in absolute form (RFC 9112, section 3.2.2). */
export const requestTarget = ({ url = '' }: IncomingMessage): string =>
  url.startsWith('/') ? url : url.replace(/^[a-z][\w+.-]*:\/\/[^/?#]*/i, '');
