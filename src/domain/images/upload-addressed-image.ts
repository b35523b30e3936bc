import type { ImageDependencies } from '../dependencies.js';
import { authorize, type Caller } from '../identity/caller.js';
import { acceptFile, commitBytes } from '../originals/accept-file.js';
import type { ReceivedFile } from '../ports.js';
import { addImage } from './add-image.js';
import { type Address, identityOf } from './address.js';
import { adopting, applyChange, type MetadataChange, merging, type OptionalMetadata } from './change-image.js';
import { type AddressInput, createAddress } from './create-address.js';
import { putIntoUse } from './disable-image.js';
import type { AccountId, Image } from './image.js';
import { adoptedAltText, checkMetadata, nothingGiven, withAltText } from './metadata.js';

export interface UploadAddressedImageInput {
  readonly accountId: AccountId;
  readonly address: AddressInput;
  readonly file: ReceivedFile;
  readonly metadata?: OptionalMetadata;
  /** Whether an image without an alternative text gets that of its file. */
  readonly adoptEmbeddedAltText?: boolean | null | undefined;
}

/**
 * Puts an image at an address of an account. One that is there already keeps its ids, gets the new bytes, and is put back into use if
 * it was disabled; of its metadata changes what is given, and a given `docid` replaces the old one.
 */
export const uploadAddressedImage =
  (dependencies: ImageDependencies) =>
  async (caller: Caller, input: UploadAddressedImageInput): Promise<Image> => {
    const { accountId, file, metadata } = input;
    const { limits, now } = dependencies;
    authorize(caller, 'images.write', accountId);
    const given = metadata && checkMetadata(metadata, dependencies);
    const address = createAddress(input.address, limits);
    const accepted = await acceptFile(dependencies, file, caller);
    const altText = adoptedAltText(input.adoptEmbeddedAltText, accepted.blob.embedded, limits);
    const change = changeAt(address, adopting(merging(given, limits), altText));
    return commitBytes(
      dependencies,
      accepted,
      async (writer) => {
        // of two first uploads to an address, the unique address stops one, which runs again and finds the image of the other
        const present = await writer.imageByAddress(accountId, address);
        if (!present) {
          const withText = withAltText(given ?? nothingGiven, altText);
          return addImage(dependencies, writer, { accountId, address, accepted, metadata: withText });
        }
        const changed = await applyChange(writer, present, { accepted, ...change }, now());
        return putIntoUse(writer, changed, now());
      },
      `address:${accountId}:${identityOf(address)}`,
    );
  };

const changeAt = (address: Address, { edit, ...change }: MetadataChange): MetadataChange => ({
  ...change,
  edit: (current) => ({
    ...edit(current),
    address: { ...address, docid: address.docid ?? current.address?.docid ?? null },
  }),
});
