import { useState } from 'preact/hooks';
import { useConsole } from '../app/context.js';
import { messageOf } from '../app/session.js';
import { type ImageDetailFragment, UpdateImageDocument, type UpdateImageInput } from '../generated/graphql.js';
import type { Status } from '../ui/status.js';

/** Saves a part of an image's metadata, and says what came of it. */
export const useMetadataUpdate = (image: ImageDetailFragment, onSaved: () => Promise<void>) => {
  const { session, images } = useConsole();
  const [status, setStatus] = useState<Status | null>(null);
  /** @param onStored Called as soon as the server has the metadata. */
  const save = async (metadata: UpdateImageInput['metadata'], onStored: () => void): Promise<void> => {
    try {
      const { updateImage } = await session.run(UpdateImageDocument, { input: { id: image.id, metadata } });
      if (updateImage?.__typename !== 'UpdateImagePayload') {
        setStatus({ isProblem: true, words: updateImage?.message ?? 'The server responded without a result.' });
        return;
      }
      onStored();
      images.store(updateImage.image);
      setStatus({ isProblem: false, words: 'Saved.' });
      await onSaved();
    } catch (error) {
      setStatus({ isProblem: true, words: messageOf(error) });
    }
  };
  return { status, setStatus, save };
};
