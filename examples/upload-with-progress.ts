// An upload that reports its progress, which `fetch` cannot. Copy this file; it needs no package.

const uploadImage = `
  mutation UploadImage($input: UploadImageInput!) {
    uploadImage(input: $input) {
      __typename
      ... on UploadImagePayload { image { id url width height } }
      ... on DuplicateImageError { existing { id url width height } }
      ... on Error { code message }
    }
  }
`;

interface UploadedImage {
  readonly id: string;
  readonly url: string;
  readonly width: number;
  readonly height: number;
}

/** Switch on `__typename`. Every failure that a user can cause has a `code` and a `message`. */
export type UploadResult =
  | { readonly __typename: 'UploadImagePayload'; readonly image: UploadedImage }
  | {
      readonly __typename: 'DuplicateImageError';
      readonly existing: UploadedImage;
      readonly code: string;
      readonly message: string;
    }
  | { readonly __typename: string; readonly code: string; readonly message: string };

interface UploadOptions {
  /** Receives the bytes that were sent, and all that will be, a few hundred of the form included. */
  readonly onProgress?: (sentBytes: number, totalBytes: number) => void;
  /** Sent with the request, such as `authorization`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Ends the upload. Nothing is stored then, unless all of it had arrived. */
  readonly signal?: AbortSignal;
}

/** Uploads a file. Rejects if there is no result: the server is out of reach, or refuses the request as a whole. */
export const uploadWithProgress = (
  endpoint: string,
  input: { readonly accountId?: string; readonly file: Blob; readonly metadata?: { readonly altText?: string } },
  { onProgress, headers = {}, signal }: UploadOptions = {},
): Promise<UploadResult> =>
  new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const request = new XMLHttpRequest();
    request.open('POST', endpoint);
    request.responseType = 'json';
    request.setRequestHeader('Apollo-Require-Preflight', '1');
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);

    request.upload.onprogress = ({ loaded, total }) => onProgress?.(loaded, total);
    request.onload = () => {
      const { data, errors } = request.response ?? {};
      if (data?.uploadImage) resolve(data.uploadImage);
      else reject(new Error(errors?.[0]?.message ?? `The server responded with ${request.status}.`));
    };
    request.onerror = () => reject(new Error('The server cannot be reached, or does not allow this origin.'));
    request.onabort = () => reject(signal?.reason);
    const abort = () => request.abort();
    signal?.addEventListener('abort', abort);
    request.onloadend = () => signal?.removeEventListener('abort', abort);

    const { file, ...rest } = input;
    const form = new FormData();
    form.set('operations', JSON.stringify({ query: uploadImage, variables: { input: { ...rest, file: null } } }));
    form.set('map', JSON.stringify({ 0: ['variables.input.file'] }));
    form.set('0', file);
    request.send(form);
  });
