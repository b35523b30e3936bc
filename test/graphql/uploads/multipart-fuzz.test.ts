import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { GraphQLError } from 'graphql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { defaultLimits } from '../../../src/domain/limits.js';
import { discardFiles } from '../../../src/graphql/uploads/multipart-form.js';
import { receiveMultipart } from '../../../src/graphql/uploads/multipart-plugin.js';
import { boundary, file, map, multipartBody, multipartType, operations } from './multipart-body.js';
import { type ObservedSpool, openObservedSpool } from './observed-spool.js';

let spool: ObservedSpool;
beforeAll(async () => {
  spool = await openObservedSpool();
});
afterAll(() => spool.remove());

/** A body in pieces, as the network cuts it. */
function bodyOf(pieces: readonly Uint8Array[]): IncomingMessage {
  const stream = new PassThrough();
  for (const piece of pieces) stream.write(piece);
  stream.end();
  return Object.assign(stream, { headers: { 'content-type': multipartType } }) as unknown as IncomingMessage;
}

const whole = multipartBody([operations(), map(), file('0', Buffer.alloc(500, 'x'))]);
// biome-ignore format: one line for each kind
const snippet = fc.constantFrom(
  '\r\n', '\r\n\r\n', '\r', '\n', '"', ';', '*', "''", ':', '\0', '--',
  `--${boundary}`, `--${boundary}--`, `\r\n--${boundary}\r\n`,
  'Content-Disposition: form-data; name="0"; filename=', 'Content-Disposition: form-data\r\n\r\n', 'Content-Type: text/plain; charset=',
);
const edit = fc.record({
  at: fc.nat(whole.length),
  remove: fc.nat(40),
  insert: fc.oneof(snippet, snippet, fc.string({ maxLength: 5 })),
});

it('a body with any damage, cut anywhere, settles with the request or the 400, and leaves no file', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(edit, { maxLength: 4 }),
      fc.option(fc.nat(whole.length), { freq: 5 }),
      fc.array(fc.nat(whole.length), { maxLength: 6 }),
      async (edits, end, cuts) => {
        let body: Buffer = whole.subarray(0, end ?? whole.length);
        for (const { at, remove, insert } of edits) {
          body = Buffer.concat([body.subarray(0, at), Buffer.from(insert), body.subarray(at + remove)]);
        }
        const bounds = [0, ...cuts.sort((a, b) => a - b), body.length];
        const pieces = bounds.slice(1).map((bound, index) => body.subarray(bounds[index], bound));
        try {
          const { files } = await receiveMultipart(bodyOf(pieces), spool, defaultLimits);
          await discardFiles(spool, files);
        } catch (error) {
          expect(error).toBeInstanceOf(GraphQLError);
        }
        expect(await spool.files()).toEqual([]);
      },
    ),
    { numRuns: 1_000 },
  );
});
