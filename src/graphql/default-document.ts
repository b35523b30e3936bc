const keyNote = `#
# Without a key this server shows little more than the query below. Send a key in the Headers tab:
#
#   { "Authorization": "Bearer id.secret" }
#
# This browser keeps the headers, and the secret in them, until you clear them. Use a key that allows no more than you need.
`;

const images = `  images(
    accountId: "3a4ed2d9-03e1-4b0e-b45f-2a9ca72f8adb"
    first: 10
  ) {
    nodes {
      id
      mimeType
      width
      height
      metadata {
        altText
      }
      url(transform: { width: 320, height: 240 })
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
`;

/** A query that runs without a key, with the rest of it ready to be used with one. */
const commented = (lines: string): string =>
  `  # With a key that has images.read:\n${lines.replace(/^ {2}/gm, '  # ')}`;

/** What GraphiQL shows on the first visit. It runs as it is, also without a key. */
export const defaultDocument = (asksForKey: boolean): string => `# Welcome to image-facade.
# Press the play button, or Ctrl-Enter. The documentation is on the left.
#
# To send files, choose them at the bottom. They take the places of "file": null in the variables.
${asksForKey ? keyNote : ''}
query Welcome {
  limits {
    fileBytes
    sourcePixels
    pageMax
  }
  viewer {
    scopes
  }
${asksForKey ? commented(images) : images}}
`;
