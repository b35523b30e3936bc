import { z } from 'zod';
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

const wire = z.object({ server: z.string(), images: z.array(z.string()).nullable() });

export const formatNotice = ({ serverId, writtenImages }: Notice): string =>
  JSON.stringify({
    server: serverId,
    images: writtenImages && writtenImages.size <= maxImages ? [...writtenImages] : null,
  } satisfies z.infer<typeof wire>);

/** What is not understood, such as the notice of another version, has every cache emptied. */
export const parseNotice = (text: string): Notice => {
  try {
    const { server, images } = wire.parse(JSON.parse(text));
    return { serverId: server, writtenImages: images && new Set(images as ImageId[]) };
  } catch {
    return { serverId: '', writtenImages: null };
  }
};
