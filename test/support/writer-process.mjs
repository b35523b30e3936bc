// A server without its transports, on a database that other processes write to as well: what the build compiled, with a connection and
// locks of its own. Started by fork() with the path of the database, a folder for files, and the most images of an account; each
// message is a list of operations, all run at once, and the reply their outcomes.
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MemoryBlobStore } from '../../dist/blobs/memory.js';
import { FailedRenders } from '../../dist/domain/delivery/failed-renders.js';
import { openCaller } from '../../dist/domain/identity/caller.js';
import { uploadAddressedImage } from '../../dist/domain/images/upload-addressed-image.js';
import { uploadImage } from '../../dist/domain/images/upload-image.js';
import { defaultLimits } from '../../dist/domain/limits.js';
import { createMetalImage } from '../../dist/domain/metal/create-metal-image.js';
import { KeyedMutex } from '../../dist/lib/keyed-mutex.js';
import { openState } from '../../dist/state/sqlite/open-state.js';

const [path, folder, imagesPerAccount] = process.argv.slice(2);
const state = await openState({ path });

const facts = {
  mimeType: 'image/png',
  width: 1,
  height: 1,
  hasAlpha: false,
  frameCount: 1,
  placeholder: { thumbhash: '', dataUri: 'data:image/webp;base64,', dominantColor: '#000000' },
  embedded: { altText: null, description: null, creator: null, copyright: null },
  fingerprint: null,
  factsVersion: 1,
};
const dependencies = {
  state,
  blobs: new MemoryBlobStore(),
  space: { require: async () => undefined, translate: (error) => error },
  inspect: async () => facts,
  failedRenders: new FailedRenders(0),
  hashLocks: new KeyedMutex(),
  limits: { ...defaultLimits, imagesPerAccount: Number(imagesPerAccount) },
  meter: { uploadAccepted: () => undefined, uploadRefused: () => undefined },
  now: () => new Date(),
  newImageId: () => randomUUID(),
  newPublicId: () => randomBytes(11).toString('hex').slice(0, 21),
};

/** A file whose bytes are this text. */
const fileOf = async (text) => {
  const file = join(folder, randomUUID());
  await writeFile(file, text);
  return { path: file, sha256: createHash('sha256').update(text).digest('hex'), byteSize: Buffer.byteLength(text) };
};

const operations = {
  upload: async ({ accountId, text }) =>
    (await uploadImage(dependencies)(openCaller, { accountId, file: await fileOf(text) })).image,
  uploadAddressed: async ({ accountId, address, text }) =>
    uploadAddressedImage(dependencies)(openCaller, { accountId, address, file: await fileOf(text) }),
  createMetal: ({ imageId }) => createMetalImage(dependencies)(openCaller, { imageId, url: 'https://images.example/' }),
  raiseVersion: ({ id }) =>
    state.write(async (writer) => {
      const before = await writer.image(id);
      return writer.updateImage(before, { version: before.version + 1, updatedOn: new Date() });
    }),
};

process.on('message', async (works) => {
  const outcomes = await Promise.allSettled(works.map(({ name, input }) => operations[name](input)));
  process.send(
    outcomes.map(({ value, reason }) => (reason ? { error: reason.name, message: reason.message } : { id: value.id })),
  );
});
process.send('ready');
