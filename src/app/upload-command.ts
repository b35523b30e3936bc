/** A shell command that uploads `photo.jpg` from the working folder. */
export const uploadCommand = (baseUrl: string, asksForKey: boolean): string =>
  `curl ${baseUrl}/graphql ${asksForKey ? '-u id:secret ' : ''}-H 'Apollo-Require-Preflight: 1' \\
  -F 'operations={"query":"mutation($file: File!) { uploadImage(input: { accountId: \\"3a4ed2d9-03e1-4b0e-b45f-2a9ca72f8adb\\", file: $file }) { ... on UploadImagePayload { image { id url } } ... on Error { code message } } }","variables":{"file":null}}' \\
  -F 'map={"0":["variables.file"]}' -F '0=@photo.jpg'`;
