import { type Document, graphqlUrl, RequestError, resultOf, unreachable } from './execute.js';

export interface SendFileOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** The fraction that was sent, 0 to 1. */
  readonly onProgress: (fraction: number) => void;
}

/**
 * Runs a mutation whose `input.file` is a file, by the GraphQL multipart request specification. `fetch` does not report what it sent, so
 * this is an XMLHttpRequest.
 *
 * @throws {RequestError}
 */
export const sendFile = <Result, Variables extends { readonly input: { readonly file?: File | null } }>(
  document: Document<Result, Variables>,
  variables: Variables,
  file: File,
  { headers, signal, onProgress }: SendFileOptions,
): Promise<Result> =>
  new Promise((resolve, reject) => {
    const form = new FormData();
    form.set(
      'operations',
      JSON.stringify({ query: document.toString(), variables: { input: { ...variables.input, file: null } } }),
    );
    form.set('map', JSON.stringify({ 0: ['variables.input.file'] }));
    form.set('0', file, file.name);
    const request = new XMLHttpRequest();
    request.open('POST', graphqlUrl);
    for (const [name, value] of Object.entries({ 'Apollo-Require-Preflight': '1', ...headers })) {
      request.setRequestHeader(name, value);
    }
    request.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0);
    request.onload = () => {
      try {
        resolve(resultOf(request.status, request.responseText));
      } catch (error) {
        reject(error);
      }
    };
    request.onerror = () => reject(unreachable());
    request.onabort = () => reject(new RequestError('The upload was cancelled.', 'CANCELLED'));
    signal.addEventListener('abort', () => request.abort(), { once: true });
    request.send(form);
  });
