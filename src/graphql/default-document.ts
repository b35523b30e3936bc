const keyNote = `#
# This server asks for a key. Say who you are in the Headers tab below:
#
#   { "Authorization": "Bearer id.secret" }
#
# This browser keeps the headers, and the secret in them, until you clear them. Take a key that allows no more than you need here.
#
`;

/** What GraphiQL shows who opens it for the first time. */
export const defaultDocument = (
  baseUrl: string,
  asksForKey: boolean,
): string => `# Welcome to image-facade. Press the play button, or Ctrl-Enter.
#
# Everything that can be asked is in the documentation on the left.
${asksForKey ? keyNote : ''}# GraphiQL cannot send files. Upload a picture from a terminal:
#
#   curl ${baseUrl}/graphql ${asksForKey ? '-u id:secret ' : ''}-H 'Apollo-Require-Preflight: 1' \\
#     -F 'operations={"query":"mutation($file: File!) { uploadImage(input: { accountId: \\"3a4ed2d9-03e1-4b0e-b45f-2a9ca72f8adb\\", file: $file }) { ... on Image { id url } ... on Error { code message } } }","variables":{"file":null}}' \\
#     -F 'map={"0":["variables.file"]}' -F '0=@picture.jpg'

query Welcome {
  limits {
    fileBytes
    sourcePixels
    pageMax
  }
  images(accountId: "3a4ed2d9-03e1-4b0e-b45f-2a9ca72f8adb", first: 10) {
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
}
`;
