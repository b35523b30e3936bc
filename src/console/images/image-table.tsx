import type { Signal } from '@preact/signals';
import type { JSX } from 'preact';
import { memo } from 'preact/compat';
import { useEffect, useRef } from 'preact/hooks';
import { localUrl } from '../api/local-url.js';
import { useConsole } from '../app/context.js';
import { hrefOfImage } from '../app/route.js';
import { formatBytes } from '../ui/format-bytes.js';
import { formatDate } from '../ui/format-date.js';
import type { ImageCard } from './image-list.js';
import { AltText } from './image-tile.js';
import { formatNameOf, nameOf, sizeOf } from './image-words.js';
import { Picker } from './picker.js';
import { useVisibleRows } from './use-visible-rows.js';

const rowHeight = 60;
const columns = 7;

/** The same list as the grid with more facts, one image a row. */
export const ImageTable = (): JSX.Element => {
  const { images } = useConsole();
  const body = useRef<HTMLTableSectionElement>(null);
  const ids = images.ids.value;
  const { first, end } = useVisibleRows(body, ids.length, rowHeight);
  useEffect(() => {
    if (end >= ids.length - 1) void images.loadMore();
  }, [end, ids.length]);
  return (
    <section class="image-table" aria-label="Table of images">
      <table aria-rowcount={images.hasMore.value ? -1 : ids.length + 1}>
        <thead>
          <tr>
            <th scope="col">
              <span class="visually-hidden">Selection</span>
            </th>
            <th scope="col">Image</th>
            <th scope="col">Alternative text</th>
            <th scope="col">Size</th>
            <th scope="col">File</th>
            <th scope="col">Uploaded</th>
            <th scope="col">State</th>
          </tr>
        </thead>
        <tbody ref={body}>
          <Spacer rows={first} />
          {ids.slice(first, end).map((id, offset) => {
            const card = images.cardOf(id);
            return (
              card && (
                <ImageRow
                  key={id}
                  card={card}
                  rowIndex={first + offset + 2}
                  isSelected={images.selected.value.has(id)}
                />
              )
            );
          })}
          <Spacer rows={ids.length - end} />
        </tbody>
      </table>
    </section>
  );
};

const Spacer = ({ rows }: { readonly rows: number }): JSX.Element | null =>
  rows > 0 ? (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: nothing in it can have the focus
    <tr aria-hidden="true">
      <td colSpan={columns} style={{ height: `${rows * rowHeight}px`, padding: 0, border: 0 }} />
    </tr>
  ) : null;

interface RowProps {
  readonly card: Signal<ImageCard>;
  readonly rowIndex: number;
  readonly isSelected: boolean;
}

const ImageRow = memo(({ card, rowIndex, isSelected }: RowProps): JSX.Element => {
  const image = card.value;
  return (
    <tr aria-rowindex={rowIndex} data-selected={isSelected}>
      <td>
        <Picker image={image} isSelected={isSelected} />
      </td>
      <td>
        <a href={hrefOfImage(image)}>
          <img src={localUrl(image.thumbnail)} alt={nameOf(image)} loading="lazy" decoding="async" />
        </a>
      </td>
      <td>
        <AltText image={image} />
      </td>
      <td>{sizeOf(image)}</td>
      <td title={image.fileName ?? ''}>
        {image.fileName !== null && (
          <>
            <bdi>{image.fileName}</bdi>
            <br />
          </>
        )}
        <span class="muted">
          {formatNameOf(image)}, {formatBytes(image.byteSize)}
        </span>
      </td>
      <td>
        <time dateTime={image.createdOn}>{formatDate(image.createdOn)}</time>
      </td>
      <td>{image.disabledOn === null ? 'Enabled' : 'Disabled'}</td>
    </tr>
  );
});
