import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** What only concerns the upgrade; `Connection` loses these names. */
const upgradeHeaders = new Set(['upgrade', 'http2-settings']);

/**
 * Serves requests that offer an upgrade as HTTP/1.1, as RFC 9110, section 7.8, allows: Java's client sends `Upgrade: h2c` with its first
 * requests. Node's parser stops behind such a request whether or not anybody upgrades, and what came in the same packet, such as a
 * pipelined request, is lost. So the connection is taken over as for an upgrade, and given back to the server with the same bytes but
 * for the offer.
 */
export const ignoreUpgrades = (server: Server): void => {
  server.on('upgrade', (request: IncomingMessage, socket: Socket, rest: Buffer) => {
    const end = (): void => {
      socket.destroy();
    };
    // nobody listens while the connection belongs to no parser
    socket.on('error', end);
    const bytes = Buffer.concat([Buffer.from(headWithoutUpgrade(request), 'latin1'), rest]);
    void untilIdle(socket).then(() => {
      socket.off('error', end);
      if (socket.destroyed || !socket.writable) return;
      socket.unshift(bytes);
      server.emit('connection', socket);
    });
  });
};

/** Waits for the responses to what was pipelined before; Node keeps the one that is being sent at the socket, and its types do not. */
const untilIdle = async (socket: Socket & { _httpMessage?: ServerResponse | null }): Promise<void> => {
  while (socket._httpMessage) await once(socket._httpMessage, 'close');
};

const headWithoutUpgrade = ({ method, url, httpVersion, rawHeaders }: IncomingMessage): string => {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = rawHeaders.slice(index, index + 2);
    if (upgradeHeaders.has(name.toLowerCase())) continue;
    const kept = name.toLowerCase() === 'connection' ? withoutUpgrade(value) : value;
    if (kept !== '' || value === '') lines.push(`${name}: ${kept}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
};

const withoutUpgrade = (connection: string): string =>
  connection
    .split(',')
    .map((option) => option.trim())
    .filter((option) => option !== '' && !upgradeHeaders.has(option.toLowerCase()))
    .join(', ');
