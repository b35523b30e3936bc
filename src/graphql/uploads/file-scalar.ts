import { GraphQLScalarType } from 'graphql';
import { requestFault } from '../request-fault.js';
import { UploadedFile } from './uploaded-file.js';

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
