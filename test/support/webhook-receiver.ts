import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface ReceivedMessage {
  readonly id: string;
  readonly headers: Record<string, string>;
  readonly body: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test says by its expectations what a message has
  readonly event: any;
  readonly atMs: number;
}

export interface WebhookReceiver {
  readonly url: string;
  /** Every message that came in, refused ones too. */
  readonly messages: ReceivedMessage[];
  /** How the next messages are responded to; 204 unless given. */
  respond: (message: ReceivedMessage, response: ServerResponse) => void;
  close(): Promise<void>;
}

/** A server of this machine that receives what is posted to it, for the running test. */
export const startWebhookReceiver = async (port = 0): Promise<WebhookReceiver> => {
  const messages: ReceivedMessage[] = [];
  const server = createServer(async (request, response) => {
    const message = await receive(request);
    messages.push(message);
    receiver.respond(message, response);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  const receiver: WebhookReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    messages,
    respond: (_message, response) => void response.writeHead(204).end(),
    close,
  };
  onTestFinished(close);
  return receiver;
};

const receive = async (request: IncomingMessage): Promise<ReceivedMessage> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString('utf8');
  const headers = request.headers as Record<string, string>;
  return { id: headers['webhook-id'] ?? '', headers, body, event: JSON.parse(body), atMs: performance.now() };
};
