import { type Address, type AddressType, addressTypes } from '../../domain/address.js';
import type { AddressFilter } from '../../domain/image-query.js';
import { builder } from '../builder.js';

const descriptions = {
  BACKGROUND: 'A background.',
  DOCUMENT_IMAGE: 'A picture within a document; `entityId` is the id of the picture, `docid` that of the document.',
  FEEDBACK: 'A picture that goes with feedback.',
  HEADER: 'A header.',
  ICON: 'An icon; `entityId` is the doctype, `ds` the instance of the datasource.',
  LOGO: 'A logo.',
  UGC: 'A picture of user-generated content; `entityId` is the id of the content, `ds` its datasource.',
  USER: 'A picture of a person; `entityId` is the id of the user, `ds` empty or the datasource it is for.',
} as const satisfies Record<AddressType, string>;

const ImageAddressTypeRef = builder.enumType('ImageAddressType', {
  description: 'What kind of thing an image belongs to.',
  values: Object.fromEntries(addressTypes.map((type) => [type, { value: type, description: descriptions[type] }])) as {
    [Type in AddressType]: { value: Type; description: string };
  },
});

const typeField = { type: ImageAddressTypeRef, description: 'What kind of thing the image belongs to.' } as const;
const entityIdText = 'What it belongs to, as the type has it; the `id` of Glean.';
const dsText = 'The datasource.';
const cidText = 'The content id, which tells images of one entity and datasource apart.';

/** The field is not called `id`: client caches take an `id` for the identity of the whole object. */
export const ImageAddressRef = builder.objectRef<Address>('ImageAddress').implement({
  description: 'Where an image belongs. Type, entityId, ds and cid are its identity within the account.',
  fields: (t) => ({
    type: t.expose('type', typeField),
    entityId: t.exposeString('entityId', { nullable: true, description: entityIdText }),
    ds: t.exposeString('ds', { nullable: true, description: dsText }),
    cid: t.exposeString('cid', { nullable: true, description: cidText }),
    docid: t.exposeString('docid', {
      nullable: true,
      description: 'The document of a document image; it goes along and identifies nothing.',
    }),
  }),
});

export const ImageAddressInput = builder.inputType('ImageAddressInput', {
  description: 'Where an image belongs. Empty texts are as good as absent.',
  fields: (t) => ({
    type: t.field({ ...typeField, required: true }),
    entityId: t.string({ description: entityIdText }),
    ds: t.string({ description: dsText }),
    cid: t.string({ description: cidText }),
    docid: t.string({ description: 'The document of a document image. Absent keeps the one that is known.' }),
  }),
});

const accountField = { type: 'UUID', description: "The account; the caller's own where nothing is said." } as const;

export const ImageByAddress = builder.inputType('ImageByAddress', {
  description: 'The image at an address of an account. Empty texts are as good as absent.',
  fields: (t) => ({
    accountId: t.field(accountField),
    type: t.field({ ...typeField, required: true }),
    entityId: t.string({ description: entityIdText }),
    ds: t.string({ description: dsText }),
    cid: t.string({ description: cidText }),
  }),
});

export const ImageByKey = builder.inputType('ImageByKey', {
  description: 'The image of an account that a key names.',
  fields: (t) => ({
    accountId: t.field(accountField),
    key: t.string({
      required: true,
      description: 'The `key` of its metadata. Standard base64 is taken as well as URL-safe, padded or not.',
    }),
  }),
});

export const ImageAddressFilterInput = builder.inputType('ImageAddressFilter', {
  description:
    'Which addresses are meant: those that meet every condition given. An empty text means that there is none.',
  fields: (t) => ({
    type: t.field({ type: [ImageAddressTypeRef], description: 'Any of these types.' }),
    entityId: t.string({ description: entityIdText }),
    ds: t.string({ description: dsText }),
    cid: t.string({ description: cidText }),
  }),
});

export const addressFilterOf = ({
  type,
  entityId,
  ds,
  cid,
}: typeof ImageAddressFilterInput.$inferInput): AddressFilter => ({
  types: type ?? undefined,
  entityId: textOf(entityId),
  ds: textOf(ds),
  cid: textOf(cid),
});

const textOf = (text: string | null | undefined): string | null | undefined => {
  if (text === '') return null;
  return text ?? undefined;
};
