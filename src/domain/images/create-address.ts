import { type InputIssue, InvalidInputError } from '../errors.js';
import type { Limits } from '../limits.js';
import { textFault } from '../storable.js';
import { type Address, type AddressType, addressTypes } from './address.js';

/** An address as a client sends it, not yet checked. Empty texts are absent: clients send both for "none". */
export interface AddressInput {
  readonly type: string;
  readonly entityId?: string | null | undefined;
  readonly ds?: string | null | undefined;
  readonly cid?: string | null | undefined;
  readonly docid?: string | null | undefined;
}

const textFields = ['entityId', 'ds', 'cid', 'docid'] as const;

const isAddressType = (text: string): text is AddressType => addressTypes.some((type) => type === text);

/** @throws {InvalidInputError} with every problem of the input. */
export const createAddress = (
  { type, ...texts }: AddressInput,
  { addressPartLength }: Limits,
  path: readonly string[] = ['address'],
): Address => {
  const issues: InputIssue[] = textFields.flatMap((field) => {
    const message = textFault(texts[field] ?? '', addressPartLength);
    return message ? [{ path: [...path, field], message }] : [];
  });
  if (!isAddressType(type)) {
    throw new InvalidInputError([
      { path: [...path, 'type'], message: `Accepts ${addressTypes.join(', ')}.` },
      ...issues,
    ]);
  }
  if (issues.length > 0) throw new InvalidInputError(issues);
  const { entityId, ds, cid, docid } = texts;
  return { type, entityId: entityId || null, ds: ds || null, cid: cid || null, docid: docid || null };
};
