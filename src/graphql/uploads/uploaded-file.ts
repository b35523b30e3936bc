import { GraphQLScalarType } from 'graphql';
import type { ReceivedFile } from '../../domain/ports.js';
import { requestFault } from '../request-fault.js';

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

const howToSend =
  'Send the file as a part of a multipart request, with null in its place in "variables" and the path to it in "map".';

/** Only an uploaded part is a File. Any other value of a variable is refused: strings, and objects that look like one. */
export const fileScalar = new GraphQLScalarType<UploadedFile, never>({
  name: 'File',
  description:
    'A file that is sent with the request by the GraphQL multipart request specification: the form fields `operations`, with null ' +
    'in place of the file, then `map`, then the files. It can only be the value of a variable, and is never returned.',
  specifiedByURL: 'https://github.com/jaydenseric/graphql-multipart-request-spec',
  parseValue(value) {
    if (value instanceof UploadedFile) return value;
    throw requestFault(`A File is an uploaded file. ${howToSend}`);
  },
  parseLiteral() {
    // Not a GraphQLError, so that validation adds the place in the document.
    throw new TypeError(`A File cannot be written in the document. ${howToSend}`);
  },
  serialize() {
    throw new TypeError('A File is an input only.');
  },
});
