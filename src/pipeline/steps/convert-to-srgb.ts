import type { Sharp } from 'sharp';
import type { Color } from '../../domain/delivery/transform/transform.js';
import type { ColorConversion } from '../color/color-conversion.js';
import type { Step } from './step.js';

const greySpaces: readonly (string | undefined)[] = ['b-w', 'grey16'];

const hasHue = (color: Color): boolean => {
  const [, red, green, blue] = /^#(..)(..)(..)/.exec(color) ?? [];
  return red !== green || green !== blue;
};

/** Whether an image is still grey when a background is laid under it: the conversion from a profile of grey makes it sRGB before. */
async function staysGrey(image: Sharp): Promise<boolean> {
  const { space, icc } = await image.metadata();
  return greySpaces.includes(space) && icc?.toString('latin1', 16, 20) !== 'GRAY';
}

/** Has sharp convert to 8-bit sRGB: what a browser shows right without a profile. */
export function toSrgb(image: Sharp, conversion: ColorConversion | null): Sharp {
  // in 8 bits from the start, a profile is applied as it should be
  if (conversion) image.pipelineColourspace(conversion.space === 'grey16' ? 'b-w' : 'srgb');
  return image.toColourspace('srgb');
}

/** Converts any colour space, depth and profile. */
export const convertToSrgb: Step = async (image, { plan: { background }, conversion }) => {
  // a background is laid in the colours of the source, and a grey one has no other than grey
  if (background !== null && hasHue(background) && (await staysGrey(image))) image.pipelineColourspace('srgb');
  return toSrgb(image, conversion);
};
