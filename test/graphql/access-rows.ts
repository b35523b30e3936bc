import type { Scope } from '../../src/domain/identity/scope.js';

/** What a row may refer to; created again for each attempt. */
export interface World {
  readonly accountId: string;
  /** An image of the account; another one stands at the address `USER / somebody`. */
  readonly image: { readonly id: string; readonly imageId: string; readonly publicId: string };
  /** A metal image that a machine uses. */
  readonly metalImage: { readonly id: string; readonly imageId: string };
  readonly machineId: string;
  /** Metal images: one that no machine uses, and the id of one that is not there. */
  readonly unusedMetalId: string;
  readonly newMetalId: string;
  /** A webhook of the account, whose receiver is not reached. */
  readonly webhook: { readonly id: string };
  /** A file that no image has. */
  readonly photo: Uint8Array;
}

/** How one field of the schema is tried, and who may use it. */
export interface AccessRow {
  /** A document with one field, under the alias `result`; of a union it asks the code of errors. */
  readonly document: string;
  readonly variables?: (world: World) => Record<string, unknown>;
  /** Files by their paths in the variables. */
  readonly files?: (world: World) => Record<string, Uint8Array>;
  /** The scope that it needs; null where it needs no key. */
  readonly scope: Scope | null;
  /** What the key of another account with every scope meets: an error code, null for the result, or the same as the right key. */
  readonly stranger: 'FORBIDDEN' | 'NOT_FOUND' | 'null' | 'allowed';
}

/** The key of the address `USER / somebody`. */
const userKey = Buffer.from('{"type":"USER","id":"somebody"}').toString('base64url');

const byId = ({ image }: World) => ({ input: { id: image.id } });

/** A row of a mutation that changes the world's image. */
const changeOfImage = (name: string, inputType: string, more: Partial<AccessRow> = {}): AccessRow => ({
  document: `mutation($input: ${inputType}!) { result: ${name}(input: $input) { __typename ... on Error { code } } }`,
  variables: byId,
  scope: 'images.write',
  stranger: 'NOT_FOUND',
  ...more,
});

/** A row of a mutation of a webhook. */
const changeOfWebhook = (name: string, inputType = 'WebhookIdInput', more: Partial<AccessRow> = {}): AccessRow =>
  changeOfImage(name, inputType, {
    variables: ({ webhook }) => ({ input: { id: webhook.id } }),
    scope: 'admin',
    ...more,
  });

/** A row of a mutation of metal images, which belong to no account. */
const changeOfMetal = (
  name: string,
  inputType: string,
  input: (world: World) => Record<string, unknown>,
  scope: Scope = 'metal.admin',
): AccessRow => ({
  document: `mutation($input: ${inputType}!) { result: ${name}(input: $input) { __typename ... on Error { code } } }`,
  variables: (world) => ({ input: input(world) }),
  scope,
  stranger: 'FORBIDDEN',
});

/** A row of a query of metal images. */
const readOfMetal = (
  document: string,
  variables: (world: World) => Record<string, unknown> = ({ metalImage }) => ({ id: metalImage.imageId }),
): AccessRow => ({ document, variables, scope: 'metal.view', stranger: 'FORBIDDEN' });

/** Every field of Query, Mutation and Subscription. A field without a row fails the test. */
export const accessRows: Readonly<Record<string, AccessRow>> = {
  'Query.limits': { document: '{ result: limits { pageMax } }', scope: null, stranger: 'allowed' },
  'Query.defaultLocale': { document: '{ result: defaultLocale }', scope: null, stranger: 'allowed' },
  'Query.presets': { document: '{ result: presets { name } }', scope: null, stranger: 'allowed' },
  'Query.preset': { document: '{ result: preset(name: "card") { name } }', scope: null, stranger: 'allowed' },
  'Query.viewer': { document: '{ result: viewer { kind } }', scope: null, stranger: 'allowed' },
  'Query.node': {
    document: 'query($id: ID!) { result: node(id: $id) { id } }',
    variables: ({ image }) => ({ id: image.id }),
    scope: 'images.read',
    stranger: 'null',
  },
  'Query.nodes': {
    document: 'query($ids: [ID!]!) { result: nodes(ids: $ids) { id } }',
    variables: ({ image }) => ({ ids: [image.id] }),
    scope: 'images.read',
    stranger: 'null',
  },
  'Query.image': {
    document: 'query($by: ImageBy!) { result: image(by: $by) { id } }',
    variables: ({ image }) => ({ by: { id: image.id } }),
    scope: 'images.read',
    stranger: 'null',
  },
  'Query.image by imageId': {
    document: 'query($by: ImageBy!) { result: image(by: $by) { id } }',
    variables: ({ image }) => ({ by: { imageId: image.imageId } }),
    scope: 'images.read',
    stranger: 'null',
  },
  'Query.image by publicId': {
    document: 'query($by: ImageBy!) { result: image(by: $by) { id } }',
    variables: ({ image }) => ({ by: { publicId: image.publicId } }),
    scope: 'images.read',
    stranger: 'null',
  },
  'Query.image by address': {
    document: 'query($by: ImageBy!) { result: image(by: $by) { id } }',
    variables: ({ accountId }) => ({ by: { address: { accountId, type: 'USER', entityId: 'somebody' } } }),
    scope: 'images.read',
    stranger: 'FORBIDDEN',
  },
  'Query.image by key': {
    document: 'query($by: ImageBy!) { result: image(by: $by) { id } }',
    variables: ({ accountId }) => ({ by: { key: { accountId, key: userKey } } }),
    scope: 'images.read',
    stranger: 'FORBIDDEN',
  },
  'Query.node of a metal image': readOfMetal('query($id: ID!) { result: node(id: $id) { id } }', ({ metalImage }) => ({
    id: metalImage.id,
  })),
  'Query.metalImage': readOfMetal('query($id: String!) { result: metalImage(by: { imageId: $id }) { id usedBy } }'),
  'Query.latestMetalImage': readOfMetal('query($id: String!) { result: latestMetalImage(imageId: $id) { id } }'),
  'Query.matchingMetalImages': readOfMetal('query($id: String!) { result: matchingMetalImages(imageId: $id) { id } }'),
  'Query.metalImages': readOfMetal('{ result: metalImages(first: 1) { totalCount nodes { id } } }', () => ({})),
  'Query.changes': {
    document: 'query($accountId: UUID!) { result: changes(accountId: $accountId) { latestCursor nodes { kind } } }',
    variables: ({ accountId }) => ({ accountId }),
    scope: 'images.read',
    stranger: 'FORBIDDEN',
  },
  'Query.metalImageChanges': readOfMetal('{ result: metalImageChanges { latestCursor nodes { kind } } }', () => ({})),
  // the key of another account gets that one, test/graphql/accounts.test.ts
  'Query.accounts': {
    document: '{ result: accounts { nodes { accountId imageCount } } }',
    scope: 'images.read',
    stranger: 'allowed',
  },
  'Query.webhooks': {
    document:
      'query($accountId: UUID!) { result: webhooks(accountId: $accountId) { nodes { url deliveries { status } } } }',
    variables: ({ accountId }) => ({ accountId }),
    scope: 'admin',
    stranger: 'FORBIDDEN',
  },
  'Query.node of a webhook': {
    document: 'query($id: ID!) { result: node(id: $id) { id } }',
    variables: ({ webhook }) => ({ id: webhook.id }),
    scope: 'admin',
    stranger: 'null',
  },
  'Query.images': {
    document: 'query($accountId: UUID!) { result: images(accountId: $accountId) { totalCount nodes { id } } }',
    variables: ({ accountId }) => ({ accountId }),
    scope: 'images.read',
    stranger: 'FORBIDDEN',
  },
  'Query.images counted only': {
    document: 'query($accountId: UUID!) { result: images(accountId: $accountId, first: 0) { totalCount } }',
    variables: ({ accountId }) => ({ accountId }),
    scope: 'images.read',
    stranger: 'FORBIDDEN',
  },
  'Query.imagePage': {
    document: 'query($accountId: UUID!) { result: imagePage(accountId: $accountId) { totalCount items { id } } }',
    variables: ({ accountId }) => ({ accountId }),
    scope: 'images.read',
    stranger: 'FORBIDDEN',
  },
  'Subscription.imageChanged': {
    document: 'subscription($accountId: UUID!) { result: imageChanged(accountId: $accountId) { kind } }',
    variables: ({ accountId }) => ({ accountId }),
    scope: 'images.read',
    stranger: 'FORBIDDEN',
  },
  'Subscription.metalImageChanged': {
    document: 'subscription { result: metalImageChanged { kind } }',
    scope: 'metal.view',
    stranger: 'FORBIDDEN',
  },
  'Mutation.uploadImage': changeOfImage('uploadImage', 'UploadImageInput', {
    variables: ({ accountId }) => ({ input: { accountId, file: null } }),
    files: ({ photo }) => ({ 'input.file': photo }),
    stranger: 'FORBIDDEN',
  }),
  'Mutation.createUploads': changeOfImage('createUploads', 'CreateUploadsInput', {
    variables: ({ accountId }) => ({ input: { accountId, files: [{ byteSize: 1 }] } }),
    stranger: 'FORBIDDEN',
  }),
  'Mutation.createWebhook': changeOfWebhook('createWebhook', 'CreateWebhookInput', {
    variables: ({ accountId }) => ({ input: { accountId, url: 'https://localhost/hook' } }),
    stranger: 'FORBIDDEN',
  }),
  'Mutation.updateWebhook': changeOfWebhook('updateWebhook', 'UpdateWebhookInput'),
  'Mutation.rotateWebhookSecret': changeOfWebhook('rotateWebhookSecret'),
  'Mutation.sendTestEvent': changeOfWebhook('sendTestEvent'),
  'Mutation.deleteWebhook': changeOfWebhook('deleteWebhook'),
  'Mutation.uploadImages': changeOfImage('uploadImages', 'UploadImagesInput', {
    variables: ({ accountId }) => ({ input: { accountId, images: [{ file: null }] } }),
    files: ({ photo }) => ({ 'input.images.0.file': photo }),
    stranger: 'FORBIDDEN',
  }),
  'Mutation.uploadAddressedImage': changeOfImage('uploadAddressedImage', 'UploadAddressedImageInput', {
    variables: ({ accountId }) => ({ input: { accountId, address: { type: 'USER', entityId: 'new' }, file: null } }),
    files: ({ photo }) => ({ 'input.file': photo }),
    stranger: 'FORBIDDEN',
  }),
  'Mutation.createMetalImage': changeOfMetal('createMetalImage', 'CreateMetalImageInput', ({ newMetalId }) => ({
    imageId: newMetalId,
    url: 'https://images.example/os',
  })),
  'Mutation.updateMetalImage': changeOfMetal('updateMetalImage', 'UpdateMetalImageInput', ({ metalImage }) => ({
    imageId: metalImage.imageId,
    name: 'changed',
  })),
  'Mutation.deleteMetalImage': changeOfMetal('deleteMetalImage', 'MetalImageIdInput', ({ unusedMetalId }) => ({
    imageId: unusedMetalId,
  })),
  'Mutation.deleteOrphanMetalImages': {
    document: 'mutation { result: deleteOrphanMetalImages(dryRun: true) { __typename ... on Error { code } } }',
    scope: 'metal.admin',
    stranger: 'FORBIDDEN',
  },
  'Mutation.setMetalImageUse': changeOfMetal(
    'setMetalImageUse',
    'MetalImageUseInput',
    ({ machineId, metalImage }) => ({ machineId, imageId: metalImage.imageId }),
    'metal.edit',
  ),
  'Mutation.clearMetalImageUse': changeOfMetal(
    'clearMetalImageUse',
    'MachineIdInput',
    ({ machineId }) => ({ machineId }),
    'metal.edit',
  ),
  'Mutation.updateImage': changeOfImage('updateImage', 'UpdateImageInput', {
    variables: ({ image }) => ({ input: { id: image.id, metadata: { altText: 'changed' } } }),
  }),
  'Mutation.updateImages': changeOfImage('updateImages', 'UpdateImagesInput', {
    variables: ({ image }) => ({ input: { images: [{ id: image.id, metadata: { altText: 'changed' } }] } }),
  }),
  'Mutation.replaceImage': changeOfImage('replaceImage', 'ReplaceImageInput', {
    variables: ({ image }) => ({ input: { id: image.id, file: null } }),
    files: ({ photo }) => ({ 'input.file': photo }),
  }),
  'Mutation.updateImageMetadata': changeOfImage('updateImageMetadata', 'UpdateImageMetadataInput', {
    variables: ({ image }) => ({ input: { id: image.id, metadata: { altText: 'changed' } } }),
  }),
  'Mutation.disableImage': changeOfImage('disableImage', 'ImageIdInput'),
  'Mutation.enableImage': changeOfImage('enableImage', 'ImageIdInput'),
  'Mutation.deleteImage': changeOfImage('deleteImage', 'ImageIdInput'),
};
