import fc from 'fast-check';
import { type Address, addressTypes } from '../../../src/domain/images/address.js';

const text = fc.oneof(
  fc.string({ minLength: 1, maxLength: 20 }),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
  // what could be mistaken for the end of one text and the start of the next
  fc.string({ unit: fc.constantFrom(':', ',', '"', '\\', '[', ']', 'a', 'null'), minLength: 1, maxLength: 6 }),
);
const maybeText = fc.option(
  text.filter((value) => value.isWellFormed() && !value.includes('\0')),
  { nil: null },
);

/** Any address that `createAddress` makes. */
export const arbitraryAddress: fc.Arbitrary<Address> = fc.record({
  type: fc.constantFrom(...addressTypes),
  entityId: maybeText,
  ds: maybeText,
  cid: maybeText,
  docid: maybeText,
});
