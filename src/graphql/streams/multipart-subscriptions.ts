import { PassThrough, type Readable } from 'node:stream';
import { streamItems, writeSlowly } from './stream-items.js';

/** Apollo's protocol of subscriptions over HTTP, whose clients name it in Accept. */
const protocol = /multipart\/mixed\s*;.*\bsubscriptionSpec\s*=\s*"?1\.0\b/i;

export const wantsMultipartSubscription = (accept: string | undefined): boolean =>
  (accept ?? '').split(',').some((range) => protocol.test(range));

/** What Yoga is asked for instead: one result in a form that the client accepts as well, and a stream as events. */
export const acceptForMultipart = (accept: string): string => {
  const others = accept.split(',').filter((range) => !protocol.test(range));
  return [...(others.length > 0 ? others : ['application/json']), 'text/event-stream;q=0.1'].join(',');
};

export const multipartType = 'multipart/mixed;boundary="graphql";subscriptionSpec="1.0"';

/** A stream of results in parts. */
export const multipartStream = (response: Response): Readable => {
  const output = new PassThrough();
  const items = streamItems(response);
  output.once('close', () => void items.cancel());
  const send = async (): Promise<void> => {
    for await (const item of items) {
      if (item.kind === 'complete') break;
      await writeSlowly(output, item.kind === 'ping' ? emptyPart : `${partHead}{"payload":${item.text}}`);
    }
    output.end('\r\n--graphql--\r\n');
  };
  send().catch((error: Error) => output.destroy(error));
  return output;
};

const partHead = '\r\n--graphql\r\ncontent-type: application/json\r\n\r\n';

/** Keeps the connection alive. */
export const emptyPart = `${partHead}{}`;
