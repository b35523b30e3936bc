import { defaultLimits, type Limits } from '../../domain/limits.js';
import { builder } from '../builder.js';

const descriptions = {
  fileBytes: 'The bytes of one uploaded file.',
  requestFiles: 'The files of one multipart request.',
  filePaths: 'The places in a document at which one file of a multipart request is used.',
  requestBytes: 'The bytes of one multipart request.',
  operationsBytes: 'The bytes of `operations` and `map` together in a multipart request.',
  moovFormBytes: "The bytes of an upload by Moov's REST API beside its image.",
  moovRequestBytes: "The bytes of one upload by Moov's REST API.",
  jsonBytes: 'The bytes of any other request.',
  sourcePixels: 'The pixels of an uploaded image, all frames together.',
  sourceSide: 'The pixels of a side of an uploaded image.',
  sourceFrames: 'The frames of an uploaded image.',
  sourceParts: 'The segments or chunks of an uploaded file.',
  sourceScans: 'The scans of an uploaded progressive JPEG.',
  profileBytes: "The bytes of an image's colour profile, inflated. A larger profile is ignored.",
  variantSide: 'The pixels of a side of a variant; more is clamped.',
  avifPixels: 'The pixels of an AVIF variant; larger ones come as WebP.',
  animationPixels: 'The pixels of an animated variant, all frames together; larger ones come as their first frame.',
  altTextLength: 'The characters of an alternative text.',
  addressPartLength: 'The characters of each text of an address.',
  addressKeyLength: 'The characters of a key.',
  metalIdLength: 'The characters of the id of a metal image or of a machine.',
  metalNameLength: 'The characters of the name of a metal image.',
  metalDescriptionLength: 'The characters of the description of a metal image.',
  metalUrlLength: 'The characters of the URL of a metal image.',
  metalUrlSeconds: 'How long the check of the URL of a metal image may take, where URLs are checked.',
  metalUrlRedirects: 'The redirects that the check of the URL of a metal image follows.',
  metalClockSkewSeconds: 'How far the clock of a client that signs its requests for metal images may be ahead.',
  failedAuthentications: 'The requests a minute of one address whose credentials are not valid; 0 for no limit.',
  pageDefault: 'The items of a page where nothing is said.',
  pageMax: 'The items of a page at most.',
  srcsetWidths: 'The widths of one `srcset`.',
  queryDepth: 'How deep the selections of a document may nest.',
  queryCost:
    'The cost of a document: each field 1, in a list as often as it may have items; an element of a list argument 1, a variant 3, a lookup 10, ' +
    'a count 500, a filter and a count with a filter 1,000 each, a change 100, an uploaded image 500.',
  anonymousQueryCost: 'The cost of a document without a key, if the server requires keys.',
  queryTokens: 'The lexical tokens of a document.',
  queryAliases: 'The aliases of a document.',
  persistedQueries: 'The documents of automatic persisted queries that are kept for all clients together.',
  persistedQueriesPerClient: 'The documents of automatic persisted queries that are kept for one client.',
  persistedQueryBytes: 'The bytes of a persisted document. A longer one is executed and not kept.',
  eventStreamsPerClient: "The event streams of one client in graphql-sse's single-connection mode.",
  eventStreamOperations: 'The operations that one such stream carries at a time.',
  subscriptionsPerClient: 'The subscriptions of one key, or of one address without a key.',
  subscriptions: 'The subscriptions of all clients together.',
  queryRepeats: 'How often a document may select fields in the same response name.',
  responseBytes: 'The bytes of one response, or of one event of a stream.',
  responseErrors: 'The errors that one response reports.',
  headRoomBytes: 'The bytes that uploads and variants leave free on the disks of the server.',
  imagesPerAccount: 'The images of an account; null for no limit.',
  renderSeconds: 'The seconds that the render of a variant may take.',
  failedRenderSeconds: 'The seconds for which a render that failed or timed out is not tried again.',
  storeSeconds: 'The seconds that an operation of an S3 store may take, its retries included.',
  storeSilenceSeconds: 'The seconds that an S3 store may be silent within an operation.',
  originalFetches: 'The originals that are fetched from an S3 store at the same time.',
  scanSeconds: 'The seconds that a count, a filtered list or a page far from the start may run.',
  scansWaiting: 'The counts, filtered lists and pages far from the start of one account that may wait for their turn.',
  lockSeconds: 'The seconds that a request waits while another program keeps the database locked.',
} as const satisfies Record<keyof Limits, string>;

const LimitsRef = builder.objectRef<Limits>('Limits').implement({
  description: 'The bounds that this server holds; what is beyond them is refused with an error that names the bound.',
  fields: (t) => {
    const names = Object.keys(defaultLimits) as (keyof Limits)[];
    return Object.fromEntries(
      names.map((name) => [
        name,
        t.field({
          type: 'SafeInt',
          nullable: name === 'imagesPerAccount',
          description: descriptions[name],
          resolve: (limits) => limits[name] as number,
        }),
      ]),
    );
  },
});

builder.queryField('limits', (t) =>
  t.field({
    type: LimitsRef,
    description: 'The limits of this server. Needs no key.',
    needs: 'nothing',
    resolve: (_root, _args, { limits }) => limits,
  }),
);
