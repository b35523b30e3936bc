import fc from 'fast-check';
import {
  createTransform,
  parameters,
  type Transform,
  type TransformFields,
} from '../../../../src/domain/delivery/transform/transform.js';

const fraction = fc.double({ min: 0, max: 1, noNaN: true });
const hexDigit = fc.constantFrom(...'0123456789abcdefABCDEF');

/** Mostly of the size that people ask for, at times absurd. */
const side = fc.oneof(fc.integer({ min: 0, max: 3000 }), fc.maxSafeNat());

const custom = {
  size: fc.record({ width: side, height: side }),
  focus: fc.oneof(fc.constantFrom('center', 'attention', 'entropy'), fc.record({ x: fraction, y: fraction })),
  background: fc
    .constantFrom(3, 4, 6, 8)
    .chain((length) => fc.string({ unit: hexDigit, minLength: length, maxLength: length })),
};

const arbitraryValue = ([name, parameter]: [
  string,
  (typeof parameters)[keyof typeof parameters],
]): fc.Arbitrary<unknown> => {
  switch (parameter.kind) {
    case 'number': {
      const { whole, ...range } = parameter.range;
      return whole ? fc.integer(range) : fc.double({ ...range, noNaN: true });
    }
    case 'choice':
      return fc.constantFrom(...Object.keys(parameter.words));
    case 'toggle':
      return fc.boolean();
    default:
      return custom[name as keyof typeof custom];
  }
};

/** Any transform that `createTransform` accepts: a parameter that is added is covered at once. */
export const arbitraryTransform: fc.Arbitrary<Transform> = fc
  .tuple(
    ...Object.entries(parameters).map((entry) =>
      fc.option(arbitraryValue(entry), { nil: null }).map((value) => [entry[0], value] as const),
    ),
  )
  .map((fields) => createTransform(Object.fromEntries(fields) as TransformFields));
