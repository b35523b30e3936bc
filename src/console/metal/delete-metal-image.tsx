import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useConsole } from '../app/context.js';
import { messageOf } from '../app/session.js';
import { DeleteMetalImageDocument } from '../generated/graphql.js';
import { ConfirmDialog } from '../ui/confirm-dialog.js';
import type { MetalCard } from './metal-list.js';

interface DeleteMetalImageProps {
  readonly image: MetalCard;
  readonly onClose: () => void;
}

export const DeleteMetalImage = ({ image, onClose }: DeleteMetalImageProps): JSX.Element => {
  const { session, metal } = useConsole();
  const [problem, setProblem] = useState<string | null>(null);
  const remove = async (): Promise<void> => {
    try {
      const { deleteMetalImage } = await session.run(DeleteMetalImageDocument, { input: { imageId: image.imageId } });
      if (deleteMetalImage?.__typename === 'DeleteMetalImagePayload') {
        metal.remove(deleteMetalImage.deletedId);
        onClose();
      } else setProblem(deleteMetalImage?.message ?? 'The server responded without a result.');
    } catch (error) {
      setProblem(messageOf(error));
    }
  };
  return (
    <ConfirmDialog
      title={`Delete ${image.imageId}?`}
      confirm="Delete permanently"
      onConfirm={() => void remove()}
      onCancel={onClose}
    >
      Its bytes, which are elsewhere, are not deleted.
      <strong class="problem" role="alert">
        {problem}
      </strong>
    </ConfirmDialog>
  );
};
