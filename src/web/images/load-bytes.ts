import type { Delivery } from '../../domain/delivery/deliver-image.js';
import type { Waiter } from '../../lib/single-flight.js';

/** The bytes of a public image. If it is replaced during the render, its bytes may be gone: then the new image is found and served. */
export const loadBytes = async <Found extends { readonly delivery: Delivery }>(
  find: () => Promise<Found>,
  found: Found,
  waiter: Waiter,
): Promise<[Found, Uint8Array]> => {
  try {
    return [found, await found.delivery.bytes(waiter)];
  } catch (error) {
    if (waiter.signal.aborted) throw error;
    const now = await find();
    if (now.delivery.etag === found.delivery.etag) throw error;
    return loadBytes(find, now, waiter);
  }
};
