import type { Address } from '../images/address.js';
import type { AccountId, ImageId } from '../images/image.js';

/** What was deleted here: the API that it also exists in must not bring it back when the server reads through. */
export type Removal =
  | { readonly imageId: ImageId }
  | { readonly accountId: AccountId; readonly address: Address }
  | { readonly metalImageId: string };

export interface RemovalReader {
  /** One SELECT. */
  has(removal: Removal): Promise<boolean>;
}

export interface RemovalWriter extends RemovalReader {
  /** Keeps them for good. It is no error if one is kept already. */
  add(removals: readonly Removal[], removedOn: Date): Promise<void>;
}
