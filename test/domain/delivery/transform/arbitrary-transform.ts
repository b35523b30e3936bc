import fc from 'fast-check';
import { createTransform } from '../../../../src/domain/delivery/transform/create-transform.js';
import { focusWords, ranges, requestedFormats } from '../../../../src/domain/delivery/transform/parameters.js';
import { fits, type Transform } from '../../../../src/domain/delivery/transform/transform.js';

const fraction = fc.double({ min: 0, max: 1, noNaN: true });
const orDefault = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> => fc.option(value, { nil: null });
const hexDigit = fc.constantFrom(...'0123456789abcdefABCDEF');

/** Mostly of the size that people ask for, at times absurd. */
const side = fc.oneof(fc.integer({ min: 0, max: 3000 }), fc.maxSafeNat());

/** Any transform that `createTransform` accepts. */
export const arbitraryTransform: fc.Arbitrary<Transform> = fc
  .record({
    size: orDefault(fc.record({ width: side, height: side })),
    fit: orDefault(fc.constantFrom(...fits)),
    format: orDefault(fc.constantFrom(...requestedFormats)),
    quality: orDefault(fc.integer(ranges.quality)),
    dpr: orDefault(fc.double({ ...ranges.dpr, noNaN: true })),
    focus: orDefault(fc.oneof(fc.constantFrom(...focusWords), fc.record({ x: fraction, y: fraction }))),
    blur: orDefault(fc.double({ ...ranges.blur, noNaN: true })),
    background: orDefault(
      fc
        .constantFrom(3, 4, 6, 8)
        .chain((length) => fc.string({ unit: hexDigit, minLength: length, maxLength: length })),
    ),
    enlarge: orDefault(fc.boolean()),
  })
  .map(createTransform);
