import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useId, useState } from 'preact/hooks';
import { useConsole } from '../app/context.js';
import { messageOf } from '../app/session.js';
import { type ImageDetailFragment, ImageDocument } from '../generated/graphql.js';
import { changeImages, type ImageAction } from '../images/change-images.js';
import { nameOf } from '../images/image-words.js';
import { ConfirmDialog } from '../ui/confirm-dialog.js';
import { Dialog } from '../ui/dialog.js';
import { AltTextForm } from './alt-text-form.js';
import { Facts } from './facts.js';
import { FocalPointForm } from './focal-point-form.js';
import { ReplaceFile } from './replace-file.js';
import { SimilarImages } from './similar-images.js';
import { TransformBuilder } from './transform-builder.js';
import { TranslationsForm } from './translations-form.js';

interface ImageDetailProps {
  readonly imageId: string;
  readonly onClose: () => void;
}

/** An image with everything that can be done with it. It is read again whenever its card in the list changes. */
export const ImageDetail = ({ imageId, onClose }: ImageDetailProps): JSX.Element => {
  const { session, images } = useConsole();
  const titleId = useId();
  const image = useSignal<ImageDetailFragment | null>(null);
  const problem = useSignal<string | null>(null);

  const read = async (): Promise<void> => {
    try {
      const { image: found } = await session.run(ImageDocument, { imageId });
      image.value = found;
      problem.value = found ? null : 'There is no such image, or it was deleted.';
    } catch (error) {
      problem.value = messageOf(error);
    }
  };
  const updatedOn = image.value && images.cardOf(image.value.id)?.value.updatedOn;
  useEffect(() => {
    // the card became known by what was just read
    if (image.value && image.value.updatedOn === updatedOn) return;
    void read();
  }, [imageId, updatedOn, images.isLive.value]);

  const { value } = image;
  return (
    <Dialog class="image-detail" labelledBy={titleId} onClose={onClose}>
      <header>
        <h2 id={titleId} dir="auto">
          {value ? nameOf(value) : 'Image'}
        </h2>
        <button type="button" class="button" onClick={onClose}>
          Close
        </button>
      </header>
      {problem.value !== null && (
        <p class="notice problem" role="alert">
          {problem.value}
        </p>
      )}
      {value ? (
        <Body image={value} onChanged={read} onDeleted={onClose} />
      ) : (
        problem.value === null && <p class="muted">Loading…</p>
      )}
    </Dialog>
  );
};

interface BodyProps {
  readonly image: ImageDetailFragment;
  readonly onChanged: () => Promise<void>;
  readonly onDeleted: () => void;
}

const Body = ({ image, onChanged, onDeleted }: BodyProps): JSX.Element => {
  const { session } = useConsole();
  const mayWrite = session.may('IMAGES_WRITE');
  return (
    <div class="image-detail-body">
      <div class="image-detail-edit">
        <AltTextForm image={image} mayWrite={mayWrite} onSaved={onChanged} />
        <TranslationsForm image={image} mayWrite={mayWrite} onSaved={onChanged} />
        <FocalPointForm key={image.sha256} image={image} mayWrite={mayWrite} onSaved={onChanged} />
        {mayWrite && <ReplaceFile image={image} onReplaced={onChanged} />}
        {mayWrite && <StateButtons image={image} onChanged={onChanged} onDeleted={onDeleted} />}
      </div>
      <div class="image-detail-use">
        <TransformBuilder image={image} />
        <Facts image={image} />
        <SimilarImages key={image.id} image={image} />
      </div>
    </div>
  );
};

const StateButtons = ({ image, onChanged, onDeleted }: BodyProps): JSX.Element => {
  const { session, images } = useConsole();
  const [isConfirming, setIsConfirming] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const run = async (action: ImageAction): Promise<void> => {
    setIsConfirming(false);
    const [found = null] = await changeImages({ session, images }, action, [image.id]);
    setProblem(found);
    if (found !== null) return;
    if (action === 'delete') onDeleted();
    else await onChanged();
  };
  return (
    <section class="panel">
      <h3>State</h3>
      <p class="muted">
        {image.disabledOn === null
          ? 'Enabled. Disabling marks the image as no longer in use; its public URL keeps working.'
          : 'Disabled. Its public URL keeps working.'}
      </p>
      <div class="buttons">
        <button type="button" class="button" onClick={() => void run(image.disabledOn === null ? 'disable' : 'enable')}>
          {image.disabledOn === null ? 'Disable' : 'Enable'}
        </button>
        <button type="button" class="button danger" onClick={() => setIsConfirming(true)}>
          Delete…
        </button>
      </div>
      <p class="problem" role="alert">
        {problem}
      </p>
      {isConfirming && (
        <ConfirmDialog
          title="Delete this image?"
          confirm="Delete permanently"
          onConfirm={() => void run('delete')}
          onCancel={() => setIsConfirming(false)}
        >
          Its public URLs stop working. This cannot be undone.
        </ConfirmDialog>
      )}
    </section>
  );
};
