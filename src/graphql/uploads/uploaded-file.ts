import type { ReceivedFile } from '../../domain/ports.js';

const fileNameLength = 255;

/** Control characters, lone surrogates, and the marks that make a name read backwards (`exe.png` for `gnp.exe`). */
const undisplayable = /[\p{Cc}\p{Cs}\p{Bidi_Control}]/gu;

/** A file part of a multipart request. What it is follows from its bytes alone: name and type are the client's word. */
export class UploadedFile {
  /** The client's name of the file, fit to be displayed and for nothing else, or null where it gave none. */
  readonly fileName: string | null;
  readonly #received: ReceivedFile;

  /** @param declaredType The part's own Content-Type. */
  constructor(
    received: ReceivedFile,
    fileName: string | undefined,
    readonly declaredType: string,
  ) {
    this.#received = received;
    const displayable = fileName?.replaceAll(undisplayable, '').trim() ?? '';
    this.fileName = [...displayable].slice(0, fileNameLength).join('') || null;
  }

  get received(): ReceivedFile {
    return this.#received;
  }

  /** GraphQL quotes a value that does not fit in its error: this keeps the temporary path out of it. */
  toJSON(): string {
    return this.fileName === null ? 'uploaded file' : `uploaded file ${this.fileName}`;
  }
}
