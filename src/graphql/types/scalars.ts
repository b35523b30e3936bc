import {
  NonNegativeIntResolver,
  PositiveIntResolver,
  SafeIntResolver,
  URLResolver,
  UUIDResolver,
} from 'graphql-scalars';
import { builder } from '../builder.js';
import { dateTimeScalar } from '../date-time.js';
import { fileScalar } from '../uploads/file-scalar.js';

builder.addScalarType('DateTime', dateTimeScalar);
builder.addScalarType('NonNegativeInt', NonNegativeIntResolver);
builder.addScalarType('PositiveInt', PositiveIntResolver);
builder.addScalarType('SafeInt', SafeIntResolver);
builder.addScalarType('URL', URLResolver);
builder.addScalarType('UUID', UUIDResolver);
builder.addScalarType('File', fileScalar);
