import { InvalidInputError } from '../../domain/errors.js';
import type { Address, AddressType } from '../../domain/images/address.js';
import { decodeAddressKey, encodeAddressKey } from '../../domain/images/address-key.js';
import { createAddress } from '../../domain/images/create-address.js';
import type { ImageExtension } from '../../domain/images/image.js';
import type { Limits } from '../../domain/limits.js';
import { GleanFault } from './problems.js';
import type { ImageQuery, UploadQuery, WireUploadResponse } from './wire.js';

/**
 * The address that an upload is for. The contract requires none of its parameters: without a `type` the image is user-generated
 * content, and without an `id` too it is content of its own, which replaces no other.
 */
export const addressOfUpload = (query: UploadQuery, newId: () => string, limits: Limits): Address => {
  const { type, id } = query;
  return addressOf({ ...query, type: type ?? 'UGC', id: type ? id : (id ?? newId()) }, limits);
};

const addressOf = ({ type, id, ds, cid }: UploadQuery & { type: AddressType }, limits: Limits): Address =>
  createAddress({ type, entityId: id, ds, cid }, limits, []);

/** The address of the requested image. "If key is used, other parameters should not be used." */
export const addressOfImage = ({ key, type, id, ds, cid }: ImageQuery, limits: Limits): Address => {
  const others = { type, id, ds, cid };
  if (key !== undefined) {
    const given = Object.entries(others).flatMap(([name, value]) => (value === undefined ? [] : [name]));
    if (given.length === 0) return decodeAddressKey(key, limits);
    throw InvalidInputError.at(['key'], `Excludes all other parameters. Leave out key, or ${given.join(', ')}.`);
  }
  if (type !== undefined) return addressOf({ type, id, ds, cid }, limits);
  throw new GleanFault(
    'missing_required_field',
    'Say which image: key, or type with id, ds and cid as the type needs.',
  );
};

/** "`/api/v1/images?key=`", in the URL-safe alphabet "so no raw `+` is lost"; "omit absent fields, never null". */
export const toUploadResponse = (baseUrl: string, address: Address, ext: ImageExtension): WireUploadResponse => {
  const { type, entityId, ds, cid, docid } = address;
  return {
    url: `${baseUrl}/api/v1/images?key=${encodeAddressKey(address, ext)}`,
    metadata: {
      type,
      ...(entityId === null ? {} : { id: entityId }),
      ...(ds === null ? {} : { ds }),
      ...(cid === null ? {} : { cid }),
      ...(docid === null ? {} : { docid }),
      ext,
    },
  };
};
