import { type Address, type AddressType, addressTypes } from '../../domain/images/address.js';
import type { AddressFilter } from '../../domain/images/image-query.js';
import { builder } from '../builder.js';
import { optionalAccountId } from './account-id.js';

const descriptions = {
  BACKGROUND: 'A background image.',
  DOCUMENT_IMAGE: 'An image in a document. `entityId` is the id of the image, `docid` that of the document.',
  FEEDBACK: 'An image attached to feedback.',
  HEADER: 'A header image.',
  ICON: 'An icon. `entityId` is the document type, `ds` the instance of the datasource.',
  LOGO: 'A logo.',
  UGC: 'An image in user-generated content. `entityId` is the id of the content, `ds` its datasource.',
  USER: 'A portrait of a user. `entityId` is the id of the user, `ds` the datasource that it is used for, if there is one.',
} as const satisfies Record<AddressType, string>;

const ImageAddressTypeRef = builder.enumType('ImageAddressType', {
  description: 'The kind of object that an image belongs to.',
  values: Object.fromEntries(addressTypes.map((type) => [type, { value: type, description: descriptions[type] }])) as {
    [Type in AddressType]: { value: Type; description: string };
  },
});

const typeField = { type: ImageAddressTypeRef, description: 'The kind of object that the image belongs to.' } as const;
const entityIdText =
  "The id of the object that the image belongs to, which depends on the type. Glean's APIs call it `id`.";
const dsText = 'The datasource that the object comes from.';
const cidText = 'The content id, which distinguishes images of one entity and datasource.';

/** The field is not called `id`: client caches regard an `id` as the identity of the whole object. */
export const ImageAddressRef = builder.objectRef<Address>('ImageAddress').implement({
  description:
    'The address of an image. `type`, `entityId`, `ds` and `cid` identify the image within its account; a part that the address does not have is null.',
  fields: (t) => ({
    type: t.expose('type', typeField),
    entityId: t.exposeString('entityId', { nullable: true, description: entityIdText }),
    ds: t.exposeString('ds', { nullable: true, description: dsText }),
    cid: t.exposeString('cid', { nullable: true, description: cidText }),
    docid: t.exposeString('docid', {
      nullable: true,
      description: 'The id of the document that a DOCUMENT_IMAGE is in. It does not identify the image.',
    }),
  }),
});

export const ImageAddressInput = builder.inputType('ImageAddressInput', {
  description:
    'The address of an image. An empty text is the same as an absent one. Each text has at most `limits.addressPartLength` characters.',
  fields: (t) => ({
    type: t.field({ ...typeField, required: true }),
    entityId: t.string({ description: entityIdText }),
    ds: t.string({ description: dsText }),
    cid: t.string({ description: cidText }),
    docid: t.string({
      description:
        'The id of the document that a DOCUMENT_IMAGE is in. It does not identify the image; absent or empty keeps the current one.',
    }),
  }),
});

export const ImageByAddress = builder.inputType('ImageByAddress', {
  description: 'The address of an image and its account. An empty text is the same as an absent one.',
  fields: (t) => ({
    accountId: t.field(optionalAccountId),
    type: t.field({ ...typeField, required: true }),
    entityId: t.string({ description: entityIdText }),
    ds: t.string({ description: dsText }),
    cid: t.string({ description: cidText }),
  }),
});

export const ImageByKey = builder.inputType('ImageByKey', {
  description: 'The key of an image and its account.',
  fields: (t) => ({
    accountId: t.field(optionalAccountId),
    key: t.string({
      required: true,
      description:
        'The `key` of the metadata, at most `limits.addressKeyLength` characters. Standard and URL-safe base64 are accepted, with or without padding.',
    }),
  }),
});

export const ImageAddressFilterInput = builder.inputType('ImageAddressFilter', {
  description:
    'Conditions on the address. An image has to meet all of them; an empty text matches addresses that do not have that part.',
  fields: (t) => ({
    type: t.field({ type: [ImageAddressTypeRef], description: 'The type is one of these.' }),
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
