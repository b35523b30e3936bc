import type { Sharp } from 'sharp';
import type { Limits } from '../domain/limits.js';
import type { ByteSource } from '../domain/ports.js';
import { sharp } from './sharp.js';

export type PipelineLimits = Pick<Limits, 'sourcePixels' | 'sourceSide' | 'sourceFrames' | 'renderSeconds'>;

/**
 * A picture to be decoded, within the limits of pixels and time. Nothing is read yet.
 * @param animated Whether all frames are read, one below the other, or only the first.
 */
export function openPicture(source: ByteSource, limits: PipelineLimits, animated: boolean): Sharp {
  return sharp('path' in source ? source.path : source.bytes, {
    animated,
    // A file that ends early must not pass as a picture with a grey lower half.
    failOn: 'error',
    limitInputPixels: limits.sourcePixels,
  }).timeout({ seconds: limits.renderSeconds });
}
