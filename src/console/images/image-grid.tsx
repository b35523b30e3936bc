import type { JSX, RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useConsole } from '../app/context.js';
import { ImageTile } from './image-tile.js';
import { useVisibleRows } from './use-visible-rows.js';

const minTileWidth = 190;
const gap = 12;
/** The texts below the image. */
const captionHeight = 104;

/** Tiles in rows, of which only the visible ones are rendered. The arrow keys move between them. */
export const ImageGrid = (): JSX.Element => {
  const { images } = useConsole();
  const list = useRef<HTMLUListElement>(null);
  const width = useWidth(list);
  const ids = images.ids.value;
  const columns = Math.max(1, Math.floor((width + gap) / (minTileWidth + gap)));
  const tileWidth = (width - gap * (columns - 1)) / columns;
  const rowHeight = Math.round(tileWidth * 0.75) + captionHeight + gap;
  const rows = Math.ceil(ids.length / columns);
  const { first, end } = useVisibleRows(list, rows, rowHeight);
  const [wanted, setWanted] = useState<number | null>(null);

  useEffect(() => {
    if (end >= rows - 1) void images.loadMore();
  }, [end, rows]);

  // the tile that an arrow key leads to may only be rendered once it was scrolled to
  useLayoutEffect(() => {
    if (wanted === null) return;
    const tile = list.current?.querySelector<HTMLElement>(`[data-index="${wanted}"] a`);
    if (!tile) return;
    tile.focus();
    setWanted(null);
  }, [wanted, first, end]);

  const move = (event: KeyboardEvent): void => {
    const index = Number((event.target as HTMLElement).closest<HTMLElement>('[data-index]')?.dataset['index'] ?? -1);
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
    if (index < 0 || step === undefined) return;
    const next = Math.min(ids.length - 1, Math.max(0, index + step));
    event.preventDefault();
    const row = Math.floor(next / columns);
    const top = (list.current?.getBoundingClientRect().top ?? 0) + row * rowHeight;
    if (top < 0) scrollBy(0, top - gap);
    if (top + rowHeight > innerHeight) scrollBy(0, top + rowHeight - innerHeight + gap);
    setWanted(next);
  };

  return (
    <ul
      ref={list}
      class="image-grid"
      aria-label="Images"
      onKeyDown={move}
      style={{
        paddingTop: `${first * rowHeight}px`,
        height: `${Math.max(0, rows * rowHeight - gap)}px`,
        gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
        gridAutoRows: `${rowHeight - gap}px`,
      }}
    >
      {width > 0 &&
        ids.slice(first * columns, end * columns).map((id, offset) => {
          const card = images.cardOf(id);
          const index = first * columns + offset;
          return (
            card && (
              <ImageTile
                key={id}
                card={card}
                index={index}
                setSize={images.hasMore.value ? -1 : ids.length}
                isSelected={images.selected.value.has(id)}
              />
            )
          );
        })}
    </ul>
  );
};

/** The width of an element in pixels, as it changes. */
const useWidth = (element: RefObject<HTMLElement | null>): number => {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    if (!element.current) return;
    setWidth(element.current.clientWidth);
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return width;
};
