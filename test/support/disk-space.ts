import { DiskSpace } from '../../src/blobs/disk-space.js';

/** A disk without a bound. */
export const unboundedSpace = new DiskSpace({ folders: [], headRoomBytes: 0, onFailure: () => undefined });
