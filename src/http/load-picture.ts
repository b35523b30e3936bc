import type { Delivery } from '../domain/services/deliver-image.js';

/**
 * The bytes of a public picture. One that is replaced in the midst may lose its bytes under the render: then the new one is found and
 * served.
 */
export const loadPicture = async <Found extends { readonly delivery: Delivery }>(
  find: () => Promise<Found>,
  found: Found,
  gone: AbortSignal,
): Promise<[Found, Uint8Array]> => {
  try {
    return [found, await found.delivery.bytes(gone)];
  } catch (error) {
    if (gone.aborted) throw error;
    const now = await find();
    if (now.delivery.etag === found.delivery.etag) throw error;
    return loadPicture(find, now, gone);
  }
};
