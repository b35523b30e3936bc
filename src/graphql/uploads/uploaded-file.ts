import type { ReceivedFile } from '../../domain/ports.js';

/** A file part of a multipart request. What it is follows from its bytes alone: name and type are the client's word. */
export class UploadedFile {
  /**
   * @param fileName The client's name of the file, cleaned, or null if it has none.
   * @param declaredType The part's own Content-Type.
   */
  constructor(
    readonly received: ReceivedFile,
    readonly fileName: string | null,
    readonly declaredType: string,
  ) {}

  /** GraphQL quotes a value that does not fit in its error: this keeps the temporary path out of it. */
  toJSON(): string {
    return this.fileName === null ? 'uploaded file' : `uploaded file ${this.fileName}`;
  }
}
