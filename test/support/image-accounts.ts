import { newPhoto } from './sample-images.js';
import type { TestServer } from './test-server.js';

let accounts = 0;
/** An account like no other of the same test file. */
export const newAccount = (): string => `3a4ed2d9-03e1-4b0e-b45f-${String(++accounts).padStart(12, '0')}`;

/** A file like no other of the same test file. */
export const newFile = async (): Promise<File> => new File([new Uint8Array(await newPhoto())], 'bicycle.jpg');

/** Adds images to an account. Returns their global ids, newest first. */
export const addImages = async (server: TestServer, accountId: string, count: number): Promise<string[]> => {
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const { data } = await server.upload(
      'mutation ($input: UploadImageInput!) { uploadImage(input: $input) { ... on UploadImagePayload { image { id } } } }',
      { input: { accountId, file: null } },
      { 'input.file': await newPhoto() },
    );
    ids.unshift(data.uploadImage.image.id);
  }
  return ids;
};
