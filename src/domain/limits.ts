const mebibyte = 1024 * 1024;
const fileBytes = 16 * mebibyte;
const requestFiles = 10;
const moovFormBytes = 64 * 1024;

/** Every limit of the product with its default. Code that enforces one reads it from here and names it in the error. */
export const defaultLimits = {
  /** The bytes of one uploaded image. */
  fileBytes,
  /** The files of one GraphQL multipart request. */
  requestFiles,
  /** The places in a document at which one file of a multipart request is used. */
  filePaths: 10,
  /** The bytes of one GraphQL multipart request, which is spooled to disk. */
  requestBytes: requestFiles * fileBytes + mebibyte,
  /** The bytes of `operations` and `map` together in a multipart request. */
  operationsBytes: mebibyte,
  /** The bytes of an upload by Moov's API in addition to its image, and of its part `metadata`. */
  moovFormBytes,
  /** The bytes of one upload by Moov's API: "requests larger than 16MB will be rejected". */
  moovRequestBytes: fileBytes + moovFormBytes,
  /** The staged uploads of an account that are neither used nor expired. */
  stagedUploads: 100,
  /** How long a staged upload may be used. */
  stagedUploadSeconds: 3_600,
  /** How long fetching a file from a URL may take, redirects included. Ten in a row stay below the time-out of a connection. */
  urlFetchSeconds: 20,
  /** How many redirects are followed for that. */
  urlFetchRedirects: 5,
  /** The files that are fetched at the same time; 0 if none are. */
  urlFetches: 8,
  /** How long a signed URL of an original may work. */
  signedUrlSeconds: 604_800,
  /** The bytes of one message of the Model Context Protocol: no tool accepts a long text, and a library checks all of what is sent. */
  mcpBytes: 64 * 1024,
  /** The bytes of any other request body. */
  jsonBytes: mebibyte,
  /** The pixels of an image, all frames together. */
  sourcePixels: 50_000_000,
  /** The pixels of an image in AVIF, whose decoder has all of them at once, in several copies. */
  avifSourcePixels: 25_000_000,
  /** The longer side of an image in pixels. */
  sourceSide: 16_384,
  /** The frames of an image; the time to read an animation grows with the square of their number. */
  sourceFrames: 2_000,
  /** The segments, chunks, blocks or boxes of an image's file; a decoder keeps something of each. */
  sourceParts: 10_000,
  /** The tiles of an image in AVIF, each of which starts a decoder. */
  sourceTiles: 256,
  /** The scans of a progressive JPEG; encoders write a dozen, and a decoder goes over the whole image for each. */
  sourceScans: 100,
  /** The bytes of an image's colour profile once it is inflated; a larger one is ignored. */
  profileBytes: 4 * mebibyte,
  /** The bytes of a part of an image's file that are searched for texts, such as its EXIF or XMP. */
  embeddedBytes: 256 * 1024,
  /** The characters of a text that is read from an image's file; a longer one is cut. */
  embeddedTextLength: 1_000,
  /** The longer side of a variant in pixels; more is clamped. */
  variantSide: 2_048,
  /** The pixels of an AVIF variant; larger ones are served as WebP. */
  avifPixels: 2_000_000,
  /** The pixels of an animated variant, all frames together; larger ones are served as their first frame. */
  animationPixels: 16_000_000,
  /** The bytes of a file name in UTF-8; a longer one is cut. */
  fileNameBytes: 255,
  /** The characters of an alternative text. */
  altTextLength: 1_000,
  /** The languages in which an image may have an alternative text, apart from the default one. */
  altTextLocales: 50,
  /** The characters of a language tag: RFC 5646 requires room for 35. */
  localeLength: 35,
  /** The characters of each text of an address. */
  addressPartLength: 512,
  /** The characters of a key; an address with the longest texts has a shorter one. */
  addressKeyLength: 20_000,
  /** The characters of the id of a metal image or of a machine. */
  metalIdLength: 255,
  /** The characters of a metal image's name. */
  metalNameLength: 255,
  /** The characters of a metal image's description. */
  metalDescriptionLength: 2_000,
  /** The characters of a metal image's URL. */
  metalUrlLength: 2_048,
  /** How long the check of a metal image's URL may take, its redirects included. */
  metalUrlSeconds: 10,
  /** How many redirects the check of a metal image's URL follows. */
  metalUrlRedirects: 5,
  /** How far the clock of a client that signs its requests may be ahead. */
  metalClockSkewSeconds: 30,
  /** The requests a minute of one address whose credentials are not valid, or 0 for no limit. */
  failedAuthentications: 30,
  /** The images of a page where the caller names no number. */
  pageDefault: 20,
  /** The images of a page at most. */
  pageMax: 200,
  /** In how many of 64 bits the hashes of similar images differ at most, if the caller names no number. */
  similarDistance: 8,
  /** The largest such number: each more multiplies the lookups. */
  similarMaxDistance: 10,
  /** The similar images of one image at most. */
  similarMax: 50,
  /** The widths of one `srcset`. */
  srcsetWidths: 20,
  /** How deep the selections of a GraphQL document may nest. */
  queryDepth: 12,
  /**
   * The cost of a GraphQL document. A field costs 1, and in a list as often as the list may have items; each element of a list
   * argument (an id) 1, a variant and each width of a `srcset` 3, a lookup 10, a search for similar images 300, a count 500, a filter and a count
   * with a filter 1,000 each, a change 100, an uploaded image 500.
   */
  queryCost: 10_000,
  /** The cost of a GraphQL document without a key, on a server that requires one. */
  anonymousQueryCost: 200,
  /** The lexical tokens of a GraphQL document. */
  queryTokens: 2_000,
  /** The aliases of a GraphQL document. */
  queryAliases: 30,
  /** The documents of automatic persisted queries that are kept for all clients together. */
  persistedQueries: 1_000,
  /** Those that are kept for one client. */
  persistedQueriesPerClient: 100,
  /** The bytes of such a document; a longer one is executed and not kept. */
  persistedQueryBytes: 16_384,
  /** The documents of the file of trusted documents. */
  trustedDocuments: 2_000,
  /** The bytes of that file. */
  trustedDocumentsBytes: 4 * mebibyte,
  /** The event streams of one client that carry many operations each. */
  eventStreamsPerClient: 10,
  /** The operations of one such stream. */
  eventStreamOperations: 100,
  /** The subscriptions of one key, or of one address without a key. */
  subscriptionsPerClient: 100,
  /** The subscriptions of all clients together. */
  subscriptions: 1_000,
  /** How often a GraphQL document may select fields in the same response name: each is compared with all the others. */
  queryRepeats: 50,
  /** The bytes of one GraphQL response, or of one event of a stream. */
  responseBytes: 16 * mebibyte,
  /** The errors that one GraphQL response reports. */
  responseErrors: 20,
  /** The bytes that uploads and variants leave free on the disks, so that deletes and changes of metadata go on. */
  headRoomBytes: 64 * mebibyte,
  /** The images of an account, or null for no limit. */
  imagesPerAccount: null as number | null,
  /** How long the render of one variant may take, if the codec can be stopped. */
  renderSeconds: 10,
  /** How long a render that failed or timed out is remembered and not tried again. */
  failedRenderSeconds: 60,
  /** How long an operation of an S3 store may take, its retries included. */
  storeSeconds: 30,
  /** How long an S3 store may be silent within an operation, before it is tried again or fails. */
  storeSilenceSeconds: 10,
  /** The originals that are fetched from an S3 store at the same time. */
  originalFetches: 16,
  /** How long one request to an API that images are imported from may take, its body included. */
  upstreamSeconds: 30,
  /** How often such a request is tried. */
  upstreamAttempts: 5,
  /** The longest wait that such an API may demand, by `Retry-After`, before the request is retried. */
  upstreamWaitSeconds: 120,
  /** The bytes of one list of such an API. */
  upstreamListBytes: 16 * mebibyte,
  /** How long something that is missing here is looked for in the API that the server reads through to. */
  upstreamLookupSeconds: 5,
  /** The lookups in one API at the same time. */
  upstreamLookups: 8,
  /** The lookups in one API that wait for their turn; more find nothing. */
  upstreamLookupsWaiting: 64,
  /** How long what an API does not have is not looked for again, and how long its list of public ids is used. */
  upstreamMissSeconds: 60,
  /** How many lookups in one API may find nothing within that time, of all clients together; more are not made. */
  upstreamMisses: 1_000,
  /** How many of these one client may have. */
  upstreamMissesPerClient: 100,
  /** How long an API that fails again and again is not asked. */
  upstreamPauseSeconds: 10,
  /** The images of an account's list at Moov that are searched for a public id, the first ones. */
  upstreamListed: 5_000,
  /** How long a read that no index serves may run: counts, filtered lists and pages far from the start. */
  scanSeconds: 5,
  /** How many such reads of one account may wait for their turn. */
  scansWaiting: 64,
  /** The webhooks of an account. */
  webhooksPerAccount: 10,
  /** The characters of a webhook's URL. */
  webhookUrlLength: 2_048,
  /** How long the receiver of a webhook may take to respond. */
  webhookSeconds: 10,
  /** How long a message is tried again before its webhook is disabled. */
  webhookRetryHours: 24,
  /** How long the secret before a rotation still signs. */
  webhookRotationHours: 24,
  /** The deliveries of a webhook that its log keeps. */
  webhookDeliveries: 50,
  /** How long a read or write waits while another program keeps the database locked. */
  lockSeconds: 5,
};

export type Limits = Readonly<typeof defaultLimits>;
