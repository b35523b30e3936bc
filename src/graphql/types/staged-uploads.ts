import { ImageTooLargeError, StorageFullError, UploadLimitReachedError } from '../../domain/errors.js';
import type { CreatedUpload } from '../../domain/uploads/create-uploads.js';
import { builder } from '../builder.js';
import { costs } from '../costs.js';
import { accountIdFor, optionalAccountId } from './account-id.js';
import { commonErrors } from './errors.js';

const StagedFileInput = builder.inputType('StagedFileInput', {
  description: 'A file that is going to be sent.',
  fields: (t) => ({
    name: t.string({
      description:
        'The name of the file, which becomes the `fileName` of its image: without folders, and cut to `limits.fileNameBytes` bytes.',
    }),
    byteSize: t.field({
      type: 'PositiveInt',
      required: true,
      description: 'The exact size of the file in bytes, at most `limits.fileBytes`.',
    }),
  }),
});

const CreateUploadsInput = builder.inputType('CreateUploadsInput', {
  description: 'The files that are going to be sent.',
  fields: (t) => ({
    accountId: t.field(optionalAccountId),
    files: t.field({
      type: [StagedFileInput],
      required: true,
      description:
        'The files. An account has at most `limits.stagedUploads` uploads that are neither used nor expired.',
    }),
  }),
});

const HttpHeaderRef = builder.objectRef<readonly [string, string]>('HttpHeader').implement({
  description: 'A header of an HTTP request.',
  fields: (t) => ({
    name: t.string({ description: 'The name of the header.', resolve: ([name]) => name }),
    value: t.string({ description: 'The value of the header.', resolve: ([, value]) => value }),
  }),
});

interface NamedUpload extends CreatedUpload {
  readonly name: string | null;
}

const StagedUploadRef = builder.objectRef<NamedUpload>('StagedUpload').implement({
  description: 'Where to send a file before an image is created from it.',
  fields: (t) => ({
    uploadId: t.exposeID('uploadId', {
      description: 'The id of the upload, for `uploadImage` and `uploadImages`. It is a secret.',
    }),
    name: t.exposeString('name', { nullable: true, description: 'The name as the client gave it.' }),
    url: t.field({
      type: 'URL',
      description: 'Where to send the file. The URL needs no key: it is a secret until the upload expires.',
      resolve: ({ url }) => url,
    }),
    method: t.string({ description: 'The HTTP method: `PUT`.', resolve: () => 'PUT' }),
    headers: t.field({
      type: [HttpHeaderRef],
      description: 'Headers that the request must have, in addition to `Content-Length`.',
      resolve: ({ headers }) => Object.entries(headers),
    }),
    expiresOn: t.expose('expiresOn', { type: 'DateTime', description: 'When the upload expires, with its file.' }),
    maxBytes: t.expose('byteSize', {
      type: 'SafeInt',
      description: 'The size of the file in bytes; no other is accepted.',
    }),
  }),
});

const CreateUploadsPayload = builder.objectRef<readonly NamedUpload[]>('CreateUploadsPayload').implement({
  description: 'The created uploads.',
  fields: (t) => ({
    uploads: t.field({
      type: [StagedUploadRef],
      description: 'An upload for each file, in the same order.',
      resolve: (uploads) => [...uploads],
    }),
  }),
});

builder.mutationField('createUploads', (t) =>
  t.field({
    type: CreateUploadsPayload,
    nullable: true,
    needs: { scopes: ['images.write'], accountOf: ({ input }) => input.accountId },
    cost: ({ input: { files } }) => ({ own: files.length * costs.read, length: files.length }),
    description:
      'Creates a place to send each file to, by a plain `PUT` that can report its progress and can be repeated. Then call ' +
      '`uploadImage` or `uploadImages` with the ids. Uploads that are not used expire by themselves.',
    args: { input: t.arg({ type: CreateUploadsInput, required: true, description: 'The files.' }) },
    errors: {
      types: [ImageTooLargeError, UploadLimitReachedError, StorageFullError, ...commonErrors],
      union: { name: 'CreateUploadsResult', description: 'The created uploads, or the reason why there are none.' },
    },
    resolve: async (_root, { input: { accountId, files } }, { images, caller }) => {
      const created = await images.createUploads(caller, {
        accountId: accountIdFor(caller, accountId),
        files: files.map(({ byteSize, name = null }) => ({ byteSize, name })),
      });
      return created.map((upload, index) => ({ ...upload, name: files[index]?.name ?? null }));
    },
  }),
);
