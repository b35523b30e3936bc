import { connect, type Socket } from 'node:net';
import { multipartType } from './multipart-body.js';

/** The head of a multipart POST, so that a test decides byte by byte what follows. */
export function requestHead(headers: Record<string, string | number>): string {
  const all = { Host: '127.0.0.1', 'Content-Type': multipartType, 'Apollo-Require-Preflight': 'true', ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST /graphql HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** One chunk of a chunked body. */
export function chunk(bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
}

export async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return socket;
}

/** What the server sends until it falls silent for a moment or closes. */
export function responseOn(socket: Socket, silenceMs = 300): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    let timer: NodeJS.Timeout | undefined;
    const done = () => resolve(text);
    socket.on('data', (data) => {
      text += data;
      clearTimeout(timer);
      timer = setTimeout(done, silenceMs);
    });
    socket.once('close', done);
  });
}
