import {
  assertObjectType,
  defaultFieldResolver,
  type GraphQLSchema,
  lexicographicSortSchema,
  printSchema,
} from 'graphql';
import { builder } from './builder.js';
import './types/scalars.js';
import './types/account-list.js';
import './types/addressed-image.js';
import './types/errors.js';
import './types/image.js';
import './types/image-list.js';
import './types/image-lookup.js';
import './types/image-bulk-updates.js';
import './types/image-mutations.js';
import './types/image-uploads.js';
import './types/image-changes.js';
import './types/change-lists.js';
import './types/limits.js';
import './types/metal-image.js';
import './types/metal-image-list.js';
import './types/metal-image-lookup.js';
import './types/metal-image-mutations.js';
import './types/presets.js';
import './types/similar-image.js';
import './types/staged-uploads.js';
import './types/viewer.js';
import './types/webhook.js';
import './types/webhook-mutations.js';

export const schema: GraphQLSchema = builder.toSchema();

// the builder has no option for it
schema.description =
  'One API for the images of accounts and for metal images, with their metadata and variants. Expected errors of a mutation are ' +
  'members of its result; everything else is in `errors` with a code in `extensions.code`.';

// compiled queries read a property without a resolver as it is, but whether a list goes on is looked up when it is selected
for (const field of Object.values(assertObjectType(schema.getType('PageInfo')).getFields())) {
  field.resolve = defaultFieldResolver;
}

/** The schema as `schema.graphql` has it. */
export const printedSchema = (): string => `${printSchema(lexicographicSortSchema(schema))}\n`;
