import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { localUrl } from '../api/local-url.js';
import { useConsole } from '../app/context.js';
import { messageOf } from '../app/session.js';
import { type ImageDetailFragment, UpdateImageDocument } from '../generated/graphql.js';
import { nameOf } from '../images/image-words.js';
import { center, clampPoint, type Point, placeCrop } from './focal-crop.js';

const crops = [
  { name: 'Square', shape: 1 },
  { name: 'Wide', shape: 16 / 9 },
  { name: 'Tall', shape: 9 / 16 },
] as const;

/** As high as the image is shown: all of it, next to its crops. */
const maxHeightRem = 22;

interface FocalPointFormProps {
  readonly image: ImageDetailFragment;
  readonly mayWrite: boolean;
  readonly onSaved: () => Promise<void>;
}

/** The point that crops keep in view: by a click on the image, by dragging, or by two sliders. */
export const FocalPointForm = ({ image, mayWrite, onSaved }: FocalPointFormProps): JSX.Element => {
  const { session, images } = useConsole();
  const stored = image.metadata.focalPoint;
  const [point, setPoint] = useState<Point | null>(stored);
  const [status, setStatus] = useState<{ readonly isProblem: boolean; readonly words: string } | null>(null);
  const based = useRef(stored);
  const isDragging = useRef(false);

  const isDirty = !isSame(point, based.current);
  useEffect(() => {
    if (isDirty) return;
    based.current = stored;
    setPoint(stored);
  }, [stored?.x, stored?.y]);

  const save = async (): Promise<void> => {
    try {
      const { updateImage } = await session.run(UpdateImageDocument, {
        input: { id: image.id, metadata: { focalPoint: point } },
      });
      if (updateImage?.__typename !== 'UpdateImagePayload') {
        setStatus({ isProblem: true, words: updateImage?.message ?? 'The server responded without a result.' });
        return;
      }
      based.current = point;
      images.store(updateImage.image);
      setStatus({ isProblem: false, words: 'Saved.' });
      await onSaved();
    } catch (error) {
      setStatus({ isProblem: true, words: messageOf(error) });
    }
  };

  const change = (next: Point | null): void => {
    setPoint(next && clampPoint(next));
    setStatus(null);
  };
  const pointAt = (event: PointerEvent & { readonly currentTarget: HTMLElement }): void => {
    const box = event.currentTarget.getBoundingClientRect();
    change({ x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height });
  };
  const { x, y } = point ?? center;
  const source = localUrl(image.preview);
  const shape = image.width / image.height;
  return (
    <form
      class="panel focal-point-form"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <h3>Focal point</h3>
      <div
        class="focal-point-form-image"
        data-may-write={mayWrite}
        style={{ width: `min(100%, ${maxHeightRem * shape}rem)` }}
        onPointerDown={(event) => {
          if (!mayWrite || event.button !== 0) return;
          event.preventDefault();
          event.currentTarget.setPointerCapture(event.pointerId);
          isDragging.current = true;
          pointAt(event);
        }}
        onPointerMove={(event) => {
          if (isDragging.current) pointAt(event);
        }}
        onPointerUp={() => {
          isDragging.current = false;
        }}
        onPointerCancel={() => {
          isDragging.current = false;
        }}
      >
        <img src={source} alt={nameOf(image)} draggable={false} style={{ aspectRatio: shape }} />
        <span class="focal-point-form-mark" style={{ left: `${x * 100}%`, top: `${y * 100}%` }} />
      </div>
      <ul class="focal-point-form-crops" aria-label="Crops">
        {crops.map((crop) => {
          const { width, height, left, top } = placeCrop(image, crop.shape, point ?? center);
          return (
            <li key={crop.name}>
              <div style={{ aspectRatio: crop.shape }}>
                <img
                  src={source}
                  alt=""
                  style={{
                    width: `${width * 100}%`,
                    height: `${height * 100}%`,
                    left: `${left * 100}%`,
                    top: `${top * 100}%`,
                  }}
                />
              </div>
              {crop.name}
            </li>
          );
        })}
      </ul>
      {mayWrite && (
        <>
          <label class="field">
            From the left: {Math.round(x * 100)} %
            <input
              type="range"
              min={0}
              max={100}
              value={x * 100}
              onInput={({ currentTarget }) => change({ x: currentTarget.valueAsNumber / 100, y })}
            />
          </label>
          <label class="field">
            From the top: {Math.round(y * 100)} %
            <input
              type="range"
              min={0}
              max={100}
              value={y * 100}
              onInput={({ currentTarget }) => change({ x, y: currentTarget.valueAsNumber / 100 })}
            />
          </label>
          <div class="buttons">
            <button type="submit" class="button primary">
              Save the focal point
            </button>
            <button type="button" class="button" onClick={() => change(null)}>
              Use the center
            </button>
          </div>
        </>
      )}
      <p class={status?.isProblem ? 'problem' : 'muted'} role="status">
        {status?.words}
      </p>
    </form>
  );
};

const isSame = (a: Point | null, b: Point | null): boolean => a?.x === b?.x && a?.y === b?.y;
