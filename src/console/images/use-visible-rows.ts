import type { RefObject } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';

export interface VisibleRows {
  readonly first: number;
  /** One past the last. */
  readonly end: number;
}

/** Rendered above and below the window, so that scrolling and Tab find them there. */
const spareRows = 3;

/** The rows of a long list that the window shows. All rows have the same height. */
export const useVisibleRows = (list: RefObject<HTMLElement | null>, rows: number, rowHeight: number): VisibleRows => {
  const [visible, setVisible] = useState<VisibleRows>({ first: 0, end: spareRows });
  useLayoutEffect(() => {
    let frame = 0;
    const measure = (): void => {
      frame = 0;
      const top = list.current?.getBoundingClientRect().top ?? 0;
      const first = Math.max(0, Math.floor(-top / rowHeight) - spareRows);
      const end = Math.min(rows, Math.ceil((innerHeight - top) / rowHeight) + spareRows);
      setVisible((now) => (now.first === first && now.end === end ? now : { first, end }));
    };
    const schedule = (): void => {
      if (frame === 0) frame = requestAnimationFrame(measure);
    };
    measure();
    addEventListener('scroll', schedule, { passive: true });
    addEventListener('resize', schedule);
    return () => {
      cancelAnimationFrame(frame);
      removeEventListener('scroll', schedule);
      removeEventListener('resize', schedule);
    };
  }, [list, rows, rowHeight]);
  return visible;
};
