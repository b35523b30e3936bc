import type { JSX } from 'preact';
import { useConsole } from '../app/context.js';
import type { ImageCard } from './image-list.js';
import { nameOf } from './image-words.js';

let lastPicked: string | null = null;

/** Selects an image; with Shift, everything between it and the one that was picked before. */
export const Picker = ({
  image,
  isSelected,
}: {
  readonly image: ImageCard;
  readonly isSelected: boolean;
}): JSX.Element => {
  const { images } = useConsole();
  return (
    <label class="picker">
      <input
        type="checkbox"
        checked={isSelected}
        onClick={(event) => {
          const { checked } = event.currentTarget;
          if (event.shiftKey && checked && lastPicked !== null) images.selectRange(lastPicked, image.id);
          else images.select(image.id, checked);
          lastPicked = image.id;
        }}
      />
      <span class="visually-hidden">Select {nameOf(image)}</span>
    </label>
  );
};
