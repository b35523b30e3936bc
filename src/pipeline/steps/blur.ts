import type { Sharp } from 'sharp';
import { fromRaw, type RawImage, secondsLeft, toRaw } from '../raw-image.js';
import { sharp } from '../sharp.js';
import type { RenderContext, Step } from './step.js';

/**
 * From this sigma on an image is blurred in small: the cost of a Gaussian grows with its sigma, and what it leaves can be seen in a
 * smaller image as well.
 */
const smallFromSigma = 2.5;

/** How wide a Gaussian still is, in pixels of the smaller image: narrower ones show the straight lines between its pixels. */
const sigmaInSmall = 2.5;

/** Weights below this share of the largest are left out: with the defaults of sharp the Gaussian ends at 1.8 sigma. */
const minAmplitude = 0.001;

/** Rounds to whole levels, where sharp would cut: a flat colour would lose one. */
const rounding = 0.5;

const gaussian = (image: Sharp, sigma: number): Sharp =>
  image.blur({ sigma, precision: 'float', minAmplitude }).linear(1, rounding);

/** The variance, in pixels of the larger image, of a weight that falls in a straight line to 0 at the distance `factor`. */
function triangleVariance(factor: number): number {
  let weights = 0;
  let squares = 0;
  for (let distance = factor % 2 === 0 ? 0.5 : 0; distance < factor; distance += 1) {
    const weight = (1 - distance / factor) * (distance === 0 ? 1 : 2);
    weights += weight;
    squares += weight * distance * distance;
  }
  return squares / weights;
}

/**
 * Blurs one plane, or several that do not depend on each other. Beyond an edge its pixels go on.
 *
 * In small: copies of the edges are put around the plane, two pixels wide in the smaller one, so that what is beyond an edge stays
 * clear of what is within. Both the shrinking and the enlarging blur by a triangle, and the Gaussian does the rest.
 */
async function blurPlanes(planes: RawImage, sigma: number, context: RenderContext): Promise<RawImage> {
  const space = planes.channels === 1 ? 'b-w' : 'srgb';
  const make = (raw: RawImage, add: (image: Sharp) => Sharp): Promise<RawImage> =>
    toRaw(add(fromRaw(raw, context)).toColourspace(space));
  if (sigma < smallFromSigma) return make(planes, (image) => gaussian(image, sigma));

  const factor = Math.max(2, Math.floor(sigma / sigmaInSmall));
  const margin = 2 * factor;
  const { width, height } = planes;
  const small = { width: Math.ceil(width / factor) + 4, height: Math.ceil(height / factor) + 4 };
  const padded = await make(planes, (image) =>
    image.extend({
      extendWith: 'copy',
      left: margin,
      top: margin,
      right: small.width * factor - width - margin,
      bottom: small.height * factor - height - margin,
    }),
  );
  const rest = sigma * sigma - triangleVariance(factor) - (factor * factor) / 6;
  const blurred = await make(padded, (image) =>
    gaussian(image.resize(small.width, small.height, { fit: 'fill', kernel: 'linear' }), Math.sqrt(rest) / factor),
  );
  // not `resize`, which enlarges by half a pixel off
  const offset = (1 - 1 / factor) / 2;
  const enlarged = await make(blurred, (image) =>
    image.affine([factor, 0, 0, factor], { interpolator: 'bilinear', idx: offset, idy: offset }),
  );
  return make(enlarged, (image) => image.extract({ left: margin, top: margin, width, height }));
}

/** Blurs colours as far as they are visible, and alpha by itself, so that what is transparent has no colour to give. */
async function blurTranslucent(image: RawImage, sigma: number, context: RenderContext): Promise<Sharp> {
  const visible = await toRaw(fromRaw(image, context).flatten({ background: '#000' }));
  const alpha = await toRaw(fromRaw(image, context).extractChannel('alpha').toColourspace('b-w'));
  const colors = await blurPlanes(visible, sigma, context);
  const { data, width, height, channels } = await blurPlanes(alpha, sigma, context);
  const joined = await toRaw(fromRaw(colors, context).joinChannel(data, { raw: { width, height, channels } }));
  const raw = { width, height, channels: joined.channels, premultiplied: true };
  return sharp(joined.data, { raw }).timeout({ seconds: secondsLeft(context) });
}

/** Blurs by a Gaussian of the plan's sigma, in pixels of the result. */
export const blur: Step = async (image, context) => {
  const { blur: sigma } = context.plan;
  if (sigma === null) return image;
  const raw = await toRaw(image);
  if (raw.channels === 4) return blurTranslucent(raw, sigma, context);
  return fromRaw(await blurPlanes(raw, sigma, context), context);
};
