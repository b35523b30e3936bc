import { GraphQLScalarType } from 'graphql';
import { NonNegativeIntResolver, PositiveIntResolver, SafeIntResolver, URLResolver } from 'graphql-scalars';
import { parameters } from '../../domain/delivery/transform/transform.js';
import { builder } from '../builder.js';
import { pageSizeScalar } from '../page-size.js';
import {
  changeCursorScalar,
  dateTimeScalar,
  durationScalar,
  localeScalar,
  rangeScalar,
  uuidScalar,
} from '../scalars.js';
import { fileScalar } from '../uploads/uploaded-file.js';

const described = <Input, Output>(scalar: GraphQLScalarType<Input, Output>, description: string) =>
  new GraphQLScalarType<Input, Output>({ ...scalar.toConfig(), description });

builder.addScalarType('ChangeCursor', changeCursorScalar);
builder.addScalarType('DateTime', dateTimeScalar);
builder.addScalarType('Duration', durationScalar);
builder.addScalarType('Locale', localeScalar);
builder.addScalarType('NonNegativeInt', described(NonNegativeIntResolver, 'A whole number from 0 to 2^53 - 1.'));
builder.addScalarType('PositiveInt', described(PositiveIntResolver, 'A whole number from 1 to 2^53 - 1.'));
builder.addScalarType(
  'SafeInt',
  described(SafeIntResolver, 'A whole number of at most 2^53 - 1 either way, which every JSON parser keeps exactly.'),
);
builder.addScalarType('URL', described(URLResolver, 'An absolute URL.'));
for (const parameter of Object.values(parameters)) {
  if (parameter.kind !== 'number') continue;
  const { scalar, range } = parameter;
  builder.addScalarType(scalar.name as 'Quality', rangeScalar(scalar.name, range, scalar.description));
}
builder.addScalarType('PageSize', pageSizeScalar);
builder.addScalarType('UUID', uuidScalar);
builder.addScalarType('File', fileScalar);
