import type { ImageId } from '../../domain/images/image.js';

/** Each server listens to it. Channels belong to a database. */
export const changeChannel = 'image_facade_changes';

/** What a transaction announces to all servers when it is committed. */
interface Notice {
  /** Whose transaction it was. */
  readonly serverId: string;
  /** What caches drop; null for everything. */
  readonly writtenImages: ReadonlySet<ImageId> | null;
}

/** A notice has less than 8,000 bytes. */
const maxImages = 150;

export const formatNotice = ({ serverId, writtenImages }: Notice): string =>
  JSON.stringify({
    server: serverId,
    images: writtenImages && writtenImages.size <= maxImages ? [...writtenImages] : null,
  });
