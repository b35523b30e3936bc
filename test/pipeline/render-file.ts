import { createHash } from 'node:crypto';
import { planVariant, type VariantPlan } from '../../src/domain/delivery/transform/plan-variant.js';
import type { Transform } from '../../src/domain/delivery/transform/transform.js';
import { parseTransformQuery } from '../../src/domain/delivery/transform/transform-query.js';
import type { FocalPoint, OutputFormat, Sha256 } from '../../src/domain/images/image.js';
import { defaultLimits } from '../../src/domain/limits.js';
import type { RenderSource } from '../../src/domain/ports.js';
import { createImageProcessor } from '../../src/pipeline/processor.js';
import { sharp } from '../../src/pipeline/sharp.js';

const processor = createImageProcessor(defaultLimits);

/** The plan for a file's bytes, as the product makes it. */
export async function planFor(
  bytes: Buffer,
  transform: Transform,
  format: OutputFormat,
  focalPoint: FocalPoint | null = null,
): Promise<VariantPlan> {
  const { hasAlpha } = await sharp(bytes).metadata();
  const { size, frameCount } = await renderSource(bytes);
  const source = { ...size, hasAlpha, frameCount, mimeType: 'image/png' as const };
  return planVariant({ transform, format, source, focalPoint, limits: defaultLimits });
}

/** A file's bytes with the size that the product knows of them since they were uploaded. */
export async function renderSource(bytes: Buffer): Promise<RenderSource> {
  const { autoOrient, width, height, pages = 1 } = await sharp(bytes).metadata();
  const sha256 = createHash('sha256').update(bytes).digest('hex') as Sha256;
  return { file: { bytes }, sha256, size: pages > 1 ? { width, height } : autoOrient, frameCount: pages };
}

/** The variant of a file's bytes that a query asks for. */
export async function renderQuery(
  bytes: Buffer,
  query: string,
  format: OutputFormat = 'png',
  focalPoint: FocalPoint | null = null,
): Promise<Uint8Array> {
  const plan = await planFor(bytes, parseTransformQuery(query).transform, format, focalPoint);
  return processor.render(await renderSource(bytes), plan);
}
