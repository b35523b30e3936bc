import type { FocalPoint, OutputFormat } from '../image.js';
import type { Color } from './transform.js';

/** Everything that decides the bytes of a variant beside the bytes of its source: the same plan, the same picture. */
export interface VariantPlan {
  /** Pixels of the result; of one frame where it is animated. */
  readonly width: number;
  readonly height: number;
  readonly format: OutputFormat;
  /** 1 to 100; null where the format has none. */
  readonly quality: number | null;
  /**
   * How the source is brought to width x height: `scale` brings each side to the result's, `crop` covers the result and cuts what
   * passes it, `pad` puts the source, scaled to the inner size, in the middle of the result.
   */
  readonly resize:
    | { readonly kind: 'scale' }
    | { readonly kind: 'crop'; readonly focus: 'center' | 'attention' | 'entropy' | FocalPoint }
    | { readonly kind: 'pad'; readonly innerWidth: number; readonly innerHeight: number };
  readonly blur: number | null;
  /** What transparency is filled with; null keeps it. */
  readonly background: Color | null;
  /** Whether all frames are kept, or only the first. */
  readonly animated: boolean;
}
