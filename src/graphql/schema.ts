import { type GraphQLSchema, lexicographicSortSchema, printSchema } from 'graphql';
import { builder } from './builder.js';
import './types/scalars.js';
import './types/addressed-image.js';
import './types/errors.js';
import './types/image.js';
import './types/image-list.js';
import './types/image-lookup.js';
import './types/image-mutations.js';
import './types/image-uploads.js';
import './types/image-changes.js';
import './types/limits.js';
import './types/metal-image.js';
import './types/metal-image-list.js';
import './types/metal-image-lookup.js';
import './types/metal-image-mutations.js';
import './types/viewer.js';

export const schema: GraphQLSchema = builder.toSchema();

/** The schema as `schema.graphql` has it. */
export const printedSchema = (): string => `${printSchema(lexicographicSortSchema(schema))}\n`;
