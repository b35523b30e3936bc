export interface Part {
  readonly name?: string;
  readonly body: string | Uint8Array;
  readonly fileName?: string;
  readonly type?: string;
  /** In place of the Content-Disposition that name and fileName make. */
  readonly disposition?: string;
}

export const boundary = 'the-boundary';
export const multipartType = `multipart/form-data; boundary=${boundary}`;

/** A body that says exactly what the test says, faults included. */
export function multipartBody(parts: readonly Part[], end = `--${boundary}--\r\n`): Buffer {
  return Buffer.concat([
    ...parts.flatMap((part) => [Buffer.from(head(part)), Buffer.from(part.body), crlf]),
    Buffer.from(end),
  ]);
}

const crlf = Buffer.from('\r\n');

function head({ name, fileName, type, disposition }: Part): string {
  const made = `form-data${name === undefined ? '' : `; name="${name}"`}${fileName === undefined ? '' : `; filename="${fileName}"`}`;
  return `--${boundary}\r\nContent-Disposition: ${disposition ?? made}\r\n${type ? `Content-Type: ${type}\r\n` : ''}\r\n`;
}

/** The three parts of a correct request, to be varied by a test. */
export const operations = (value: unknown = { query: uploadMutation, variables: { file: null } }): Part => ({
  name: 'operations',
  body: typeof value === 'string' ? value : JSON.stringify(value),
});
export const map = (value: unknown = { 0: ['variables.file'] }): Part => ({
  name: 'map',
  body: typeof value === 'string' ? value : JSON.stringify(value),
});
export const file = (name = '0', body: string | Uint8Array = 'bytes'): Part => ({
  name,
  body,
  fileName: 'cat.png',
  type: 'image/png',
});

export const uploadMutation =
  'mutation ($file: File!) { upload(file: $file) { byteSize sha256 tooLarge fileName declaredType spooled } }';
