import type { Signal } from '@preact/signals';
import type { JSX } from 'preact';
import { memo } from 'preact/compat';
import { localUrl } from '../api/local-url.js';
import { hrefOfImage } from '../app/route.js';
import { formatBytes } from '../ui/format-bytes.js';
import type { ImageCard } from './image-list.js';
import { formatNameOf, nameOf, sizeOf } from './image-words.js';
import { Picker } from './picker.js';

interface TileProps {
  readonly card: Signal<ImageCard>;
  readonly index: number;
  /** -1 while the length of the list is unknown. */
  readonly setSize: number;
  readonly isSelected: boolean;
}

export const ImageTile = memo(({ card, index, setSize, isSelected }: TileProps): JSX.Element => {
  const image = card.value;
  return (
    <li
      class="image-tile"
      aria-setsize={setSize}
      aria-posinset={index + 1}
      data-index={index}
      data-selected={isSelected}
    >
      <Picker image={image} isSelected={isSelected} />
      <a href={hrefOfImage(image)} data-alpha={image.hasAlpha}>
        <img src={localUrl(image.thumbnail)} alt={nameOf(image)} loading="lazy" decoding="async" />
      </a>
      <AltText image={image} />
      <p class="image-tile-name" dir="auto" title={image.fileName ?? ''}>
        {image.fileName}
      </p>
      <p class="muted image-tile-facts">
        {sizeOf(image)} · {formatNameOf(image)}
        {image.frameCount > 1 && ', animated'} · {formatBytes(image.byteSize)}
        {image.disabledOn !== null && <strong class="badge"> Disabled</strong>}
      </p>
    </li>
  );
});

/** The alternative text, and the difference between an empty and a missing one. */
export const AltText = ({ image }: { readonly image: ImageCard }): JSX.Element => {
  const { altText } = image.metadata;
  if (altText === null) return <p class="alt-text missing">No alternative text</p>;
  if (altText === '') return <p class="alt-text muted">Decorative</p>;
  return (
    <p class="alt-text" dir="auto" title={altText}>
      {altText}
    </p>
  );
};
