import type { Sharp } from 'sharp';
import type { CropWindow } from '../../domain/delivery/transform/layout.js';
import type { VariantPlan } from '../../domain/delivery/transform/plan-variant.js';
import type { Size } from '../../domain/delivery/transform/transform.js';
import type { ColorConversion } from '../color/color-conversion.js';

/** What the steps of one render know in addition to the image itself. */
export interface RenderContext {
  readonly plan: VariantPlan;
  /** The source's size in pixels after its orientation is applied; of one frame. */
  readonly sourceSize: Size;
  /** What the plan's crop keeps; null if it crops nothing. */
  readonly crop: CropWindow | null;
  /** Null if sharp's own conversion to sRGB is right. */
  readonly conversion: ColorConversion | null;
  readonly timeoutSeconds: number;
  /** When they are over, on the clock of `performance`. */
  readonly deadline: number;
}

/** Adds its part to an image's pipeline. Nothing is computed before the last step has been added, unless a step has to. */
export type Step = (image: Sharp, context: RenderContext) => Sharp | Promise<Sharp>;
