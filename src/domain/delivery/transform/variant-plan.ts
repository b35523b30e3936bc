import type { ImageBlob, OutputFormat } from '../../images/image.js';
import type { Color, EffectName, Transform } from './transform.js';

/** What a plan needs to know of the source. */
export type VariantSource = Pick<ImageBlob, 'width' | 'height' | 'hasAlpha' | 'frameCount' | 'mimeType'>;

/** The values of the parameters that a step of the pipeline applies as they are; null if there is nothing to do. */
type Effects = { readonly [Name in EffectName]: Transform[Name] | null };

/** Everything but the source's bytes that decides the bytes of a variant. Equal results have one plan, so that they are rendered and kept once. */
export interface VariantPlan extends Effects {
  /** Pixels of the result; of one frame where it is animated. */
  readonly width: number;
  readonly height: number;
  readonly format: OutputFormat;
  /** 1 to 100; null where the format has none. */
  readonly quality: number | null;
  /**
   * How the source is brought to width x height: `scale` brings each side to the result's, `crop` cuts a part with its corner at left
   * and top (see `cropFrame`) or where a search finds something, `pad` puts the source, scaled to the inner size, in the middle.
   */
  readonly resize:
    | { readonly kind: 'scale' }
    | { readonly kind: 'crop'; readonly left: number; readonly top: number }
    | { readonly kind: 'crop'; readonly focus: 'attention' | 'entropy' }
    | { readonly kind: 'pad'; readonly innerWidth: number; readonly innerHeight: number };
  /** What transparency is filled with; null keeps it. */
  readonly background: Color | null;
  /** Whether all frames are kept, or only the first. */
  readonly animated: boolean;
}
