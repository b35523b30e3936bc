import { InvalidInputError } from '../errors.js';
import type { Limits } from '../limits.js';
import { textFault } from '../storable.js';
import type { Address } from './address.js';
import { createAddress } from './create-address.js';
import type { ImageExtension } from './image.js';

/**
 * The key of an image at an address, as Glean has it: base64 of compact JSON with the members type, id, ds, cid, docid and ext in
 * this order, absent ones left out. The alphabet is the URL-safe one, so that no `+` is lost in a query.
 */
export const encodeAddressKey = ({ type, entityId, ds, cid, docid }: Address, ext: ImageExtension): string => {
  const members = { type, id: entityId, ds, cid, docid, ext };
  const json = JSON.stringify(members, (_name, value: unknown) => value ?? undefined);
  return Buffer.from(json, 'utf8').toString('base64url');
};

/**
 * The address in a key. Standard and URL-safe base64 are read, padded or not, also with each `+` turned into a space, as a query
 * does. Members that are unknown and `ext`, which changes with the bytes, are passed over.
 * @throws {InvalidInputError} for whatever is no key.
 */
export const decodeAddressKey = (key: string, limits: Limits): Address => {
  const fault = textFault(key, limits.addressKeyLength);
  if (fault) throw InvalidInputError.at(['key'], fault);
  const members = membersOf(key);
  const text = (name: string): string => textOf(members.get(name) ?? '');
  return createAddress(
    { type: text('type'), entityId: text('id'), ds: text('ds'), cid: text('cid'), docid: text('docid') },
    limits,
    ['key'],
  );
};

const notAKey = (): InvalidInputError =>
  InvalidInputError.at(['key'], 'Accepts the key of an image as an upload returned it: JSON of its address in base64.');

const membersOf = (key: string): Map<string, unknown> => {
  const value = jsonOf(key.replaceAll(' ', '+'));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw notAKey();
  // own members only: no name reaches the prototype
  return new Map(Object.entries(value));
};

const jsonOf = (base64: string): unknown => {
  // Buffer passes over what is no base64
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(base64)) throw notAKey();
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(base64, 'base64')));
  } catch {
    throw notAKey();
  }
};

const textOf = (value: unknown): string => {
  if (typeof value === 'string') return value;
  throw notAKey();
};
