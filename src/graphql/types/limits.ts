import { defaultLimits, type Limits } from '../../domain/limits.js';
import { builder } from '../builder.js';

const descriptions = {
  fileBytes: 'The size of one uploaded file in bytes.',
  requestFiles: 'The number of files in one multipart request.',
  filePaths: 'The number of places in a document where one file of a multipart request is used.',
  requestBytes: 'The size of one multipart request in bytes.',
  operationsBytes: 'The size of `operations` and `map` together in a multipart request, in bytes.',
  moovFormBytes: "The size of everything but the image in an upload through Moov's REST API, in bytes.",
  moovRequestBytes: "The size of an upload through Moov's REST API in bytes.",
  stagedUploads: 'The number of uploads of an account that are neither used nor expired.',
  stagedUploadSeconds: 'How long an upload that `createUploads` returned may be used, in seconds.',
  urlFetchSeconds: 'How long it may take to fetch a file from a URL, in seconds, its redirects included.',
  urlFetchRedirects: 'The number of redirects that are followed to fetch a file.',
  urlFetches: 'The number of files that are fetched from URLs at the same time; 0 if the server fetches none.',
  signedUrlSeconds: 'How long a signed URL of an original may work, in seconds.',
  mcpBytes: 'The size of one message of the Model Context Protocol in bytes.',
  jsonBytes: 'The size of the body of any other request in bytes.',
  sourcePixels: 'The number of pixels of an uploaded image, all frames together.',
  avifSourcePixels: 'The number of pixels of an uploaded AVIF.',
  sourceSide: 'The longer side of an uploaded image in pixels.',
  sourceFrames: 'The number of frames of an uploaded image.',
  sourceParts: 'The number of segments, chunks, blocks or boxes in an uploaded file.',
  sourceTiles: 'The number of tiles of an uploaded AVIF.',
  sourceScans: 'The number of scans in an uploaded progressive JPEG.',
  profileBytes: 'The size of the color profile of an image in bytes, uncompressed. A larger profile is ignored.',
  embeddedBytes:
    'The size of a part of an image file that is searched for texts, such as its EXIF or XMP, in bytes. A larger part is ignored; of a ' +
    'larger EXIF, the beginning is searched.',
  embeddedTextLength: 'The length of a text that is read from an image file in characters. A longer one is cut.',
  variantSide: 'The longer side of a variant in pixels. A larger value is clamped.',
  avifPixels: 'The number of pixels of an AVIF variant. A larger variant is served as WebP.',
  animationPixels:
    'The number of pixels of an animated variant, all frames together. Of a larger one, the first frame is served.',
  fileNameBytes: 'The length of a file name in bytes of UTF-8. The name of an uploaded file is cut to it.',
  altTextLength: 'The length of an alternative text in characters.',
  altTextLocales: 'The number of languages in which an image may have an alternative text, apart from the default one.',
  localeLength: 'The length of a language tag in characters.',
  addressPartLength: 'The length of each text of an address in characters.',
  addressKeyLength: 'The length of the key of an address in characters.',
  metalIdLength: 'The length of the id of a metal image or of a machine in characters.',
  metalNameLength: 'The length of the name of a metal image in characters.',
  metalDescriptionLength: 'The length of the description of a metal image in characters.',
  metalUrlLength: 'The length of the URL of a metal image in characters.',
  metalUrlSeconds: 'The duration of the check of the URL of a metal image in seconds, if the server checks URLs.',
  metalUrlRedirects: 'The number of redirects that the check of the URL of a metal image follows.',
  metalClockSkewSeconds:
    'How far the clock of a client that signs its requests for metal images may be ahead, in seconds.',
  failedAuthentications: 'The number of requests with an invalid key from one address in a minute; 0 for no limit.',
  pageDefault: 'The number of items on a page if the query does not say.',
  pageMax: 'The number of items on a page, and of ids in one lookup.',
  similarDistance: 'The distance up to which images are similar, if the query does not say.',
  similarMaxDistance: 'The largest distance up to which similar images can be searched.',
  similarMax: 'The number of similar images of one image.',
  srcsetWidths: 'The number of widths in one `srcset`.',
  queryDepth: 'The depth of the selections of a document.',
  queryCost:
    'The cost of a document: 1 for each field, times the number of items that its list may have; 1 for an element of a list ' +
    'argument, 3 for a variant, 10 for a lookup, 300 for a search for similar images, 500 for a count, 1,000 for a filter and for a ' +
    'count with a filter, 100 for a change, 500 for an uploaded image.',
  anonymousQueryCost: 'The cost of a document without a key, if the server requires keys.',
  queryTokens: 'The number of lexical tokens in a document.',
  queryAliases: 'The number of aliases in a document.',
  persistedQueries: 'The number of automatic persisted queries that are kept for all clients together.',
  persistedQueriesPerClient: 'The number of automatic persisted queries that are kept for one client.',
  persistedQueryBytes: 'The size of a persisted document in bytes. A larger one is executed and not kept.',
  trustedDocuments: 'The number of documents in the file of trusted documents.',
  trustedDocumentsBytes: 'The size of that file in bytes.',
  eventStreamsPerClient: "The number of event streams of one client in graphql-sse's single-connection mode.",
  eventStreamOperations: 'The number of operations on one of these streams at a time.',
  subscriptionsPerClient: 'The number of subscriptions of one key, or of one address without a key.',
  subscriptions: 'The number of subscriptions of all clients together.',
  queryRepeats: 'How often a document may select fields with the same response name.',
  responseBytes: 'The size of one response, or of one event of a stream, in bytes.',
  responseErrors: 'The number of errors in one response.',
  headRoomBytes: 'The number of bytes that uploads and variants leave free on each disk.',
  imagesPerAccount: 'The number of images of an account; null for no limit.',
  renderSeconds: 'The time that rendering a variant may take, in seconds.',
  failedRenderSeconds: 'For how many seconds a render that failed or timed out is not tried again.',
  storeSeconds: 'The time that an operation of an S3 store may take, its retries included, in seconds.',
  storeSilenceSeconds: 'How many seconds an S3 store may be silent within an operation.',
  originalFetches: 'The number of originals that are fetched from an S3 store at the same time.',
  upstreamSeconds: 'How many seconds a request to an API that images are imported from may take.',
  upstreamAttempts: 'How often a request to an API that images are imported from is tried.',
  upstreamWaitSeconds:
    'How many seconds an API that images are imported from may ask to wait before a request is tried again.',
  upstreamListBytes: 'The size of one list of an API that images are imported from, in bytes.',
  upstreamLookupSeconds:
    'How many seconds something that is missing here is looked for in the API that the server reads through to.',
  upstreamLookups: 'The number of lookups in one such API at the same time.',
  upstreamLookupsWaiting: 'The number of lookups in one such API that may wait. More find nothing.',
  upstreamMissSeconds: 'For how many seconds something that such an API does not have is not looked for again.',
  upstreamMisses:
    'The number of lookups in one such API that may find nothing within `upstreamMissSeconds`. More are not made.',
  upstreamMissesPerClient: 'The number of these that one client may have.',
  upstreamPauseSeconds: 'For how many seconds such an API is not asked after it failed several times in a row.',
  upstreamListed: "The number of images of an account's list at Moov that are searched for a public id.",
  scanSeconds: 'The time that a count, a filtered list or a page far from the start may take, in seconds.',
  scansWaiting: 'The number of counts, filtered lists and pages far from the start that may wait, for one account.',
  webhooksPerAccount: 'The number of webhooks of an account.',
  webhookUrlLength: 'The length of the URL of a webhook in characters.',
  webhookSeconds: 'The time that the receiver of a webhook may take to respond, in seconds.',
  webhookRetryHours: 'How long an event is sent again before its webhook is disabled, in hours.',
  webhookRotationHours: 'How long the previous secret of a webhook still signs after a rotation, in hours.',
  webhookDeliveries: 'The number of deliveries in the log of a webhook.',
  lockSeconds: 'How many seconds a request waits while another program keeps the database locked.',
} as const satisfies Record<keyof Limits, string>;

const LimitsRef = builder.objectRef<Limits>('Limits').implement({
  description:
    'The largest values that this server accepts or serves. Unless a limit says otherwise, a request that exceeds it is refused with an error that names it.',
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
    description: 'The limits of the server. Needs no key.',
    needs: 'nothing',
    resolve: (_root, _args, { limits }) => limits,
  }),
);

builder.queryField('defaultLocale', (t) =>
  t.field({
    type: 'Locale',
    description: 'The language of the alternative texts that are stored without one, such as `altText`. Needs no key.',
    needs: 'nothing',
    resolve: (_root, _args, { defaultLocale }) => defaultLocale,
  }),
);
