import type { Sharp } from 'sharp';
import type { Limits } from '../domain/limits.js';
import type { ByteSource } from '../domain/ports.js';
import type { ContainerLimits } from './container/container.js';
import { sharp } from './sharp.js';

export type PipelineLimits = ContainerLimits & Pick<Limits, 'renderSeconds'>;

export interface Reading {
  /** How many the file has. */
  readonly frameCount: number;
  /** Whether all of them are read, one below the other, or only the first. */
  readonly all: boolean;
  /** Whether the colours stay as they are stored, whatever its profile says. */
  readonly ignoreProfile?: boolean;
}

/**
 * A clean file to be decoded, upright, within the limits of pixels and time. Nothing is read yet. An animation is decoded as it is
 * stored, whatever its EXIF says: all frames turned as one image would be played backwards.
 */
export function openImage(
  source: ByteSource,
  limits: PipelineLimits,
  { frameCount, all, ignoreProfile = false }: Reading,
): Sharp {
  const image = sharp('path' in source ? source.path : source.bytes, {
    animated: all,
    ignoreIcc: ignoreProfile,
    failOn: 'error',
    limitInputPixels: limits.sourcePixels,
  }).timeout({ seconds: limits.renderSeconds });
  return frameCount > 1 ? image : image.autoOrient();
}
