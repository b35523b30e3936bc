import type { Color } from '../../domain/transform/transform.js';
import type { Step } from './step.js';

const greySpaces: readonly (string | undefined)[] = ['b-w', 'grey16'];

const hasHue = (color: Color): boolean => {
  const [, red, green, blue] = /^#(..)(..)(..)/.exec(color) ?? [];
  return red !== green || green !== blue;
};

/** Makes 8-bit sRGB of any colour space, depth and profile: what a browser shows right without a profile. */
export const convertToSrgb: Step = async (picture, { plan: { background } }) => {
  // a background is laid in the colours of the source, and there is but grey in a grey one
  if (background !== null && hasHue(background) && greySpaces.includes((await picture.metadata()).space)) {
    picture.pipelineColourspace('srgb');
  }
  return picture.toColourspace('srgb');
};
