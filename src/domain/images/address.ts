import { type InputIssue, InvalidInputError } from '../errors.js';
import type { Limits } from '../limits.js';
import { textFault } from '../text-fault.js';

/** What kind of thing an addressed image belongs to. */
export const addressTypes = [
  'BACKGROUND',
  'DOCUMENT_IMAGE',
  'FEEDBACK',
  'HEADER',
  'ICON',
  'LOGO',
  'UGC',
  'USER',
] as const;
export type AddressType = (typeof addressTypes)[number];

/** Where an image belongs. All but `docid` is its identity: no two images of an account share it. */
export interface Address {
  readonly type: AddressType;
  /** What it belongs to: a user, a content, a doctype, as the type has it. */
  readonly entityId: string | null;
  /** The datasource. */
  readonly ds: string | null;
  /** The content id, which distinguishes the images of one entity and datasource. */
  readonly cid: string | null;
  /** The document of a document image. It goes along and identifies nothing. */
  readonly docid: string | null;
}

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

/** @throws {InvalidInputError} with every fault of the input. */
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

/** A text that two addresses share only if they are one and the same place. */
export const identityOf = ({ type, entityId, ds, cid }: Address): string => JSON.stringify([type, entityId, ds, cid]);
