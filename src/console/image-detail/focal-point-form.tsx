import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { localUrl } from '../api/local-url.js';
import type { ImageDetailFragment } from '../generated/graphql.js';
import { nameOf } from '../images/image-words.js';
import { StatusLine } from '../ui/status.js';
import { useChangeOf } from '../ui/use-following.js';
import { center, clampPoint, type Point, placeCrop } from './focal-crop.js';
import { useMetadataUpdate } from './use-metadata-update.js';

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
  const stored = image.metadata.focalPoint;
  const [point, setPoint] = useState<Point | null>(stored);
  const { status, setStatus, save: update } = useMetadataUpdate(image, onSaved);
  const based = useRef(stored);
  const isDragging = useRef(false);

  const isDirty = !isSame(point, based.current);
  const follow = (): void => {
    if (isDirty) return;
    based.current = stored;
    setPoint(stored);
  };
  useChangeOf(stored, follow, isSame);

  const save = (): Promise<void> =>
    update({ focalPoint: point }, () => {
      based.current = point;
    });

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
          <FractionSlider label="From the left" fraction={x} onChange={(next) => change({ x: next, y })} />
          <FractionSlider label="From the top" fraction={y} onChange={(next) => change({ x, y: next })} />
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
      <StatusLine status={status} />
    </form>
  );
};

const isSame = (a: Point | null, b: Point | null): boolean => a?.x === b?.x && a?.y === b?.y;

interface FractionSliderProps {
  readonly label: string;
  /** From 0 to 1; shown as a percentage. */
  readonly fraction: number;
  readonly onChange: (fraction: number) => void;
}

const FractionSlider = ({ label, fraction, onChange }: FractionSliderProps): JSX.Element => (
  <label class="field">
    {label}: {Math.round(fraction * 100)} %
    <input
      type="range"
      min={0}
      max={100}
      value={fraction * 100}
      onInput={({ currentTarget }) => onChange(currentTarget.valueAsNumber / 100)}
    />
  </label>
);
