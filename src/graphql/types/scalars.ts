import {
  NonNegativeIntResolver,
  PositiveIntResolver,
  SafeIntResolver,
  URLResolver,
  UUIDResolver,
} from 'graphql-scalars';
import { ranges } from '../../domain/transform/parameters.js';
import { builder } from '../builder.js';
import { changeCursorScalar } from '../change-cursor-scalar.js';
import { dateTimeScalar } from '../date-time.js';
import { rangeScalar } from '../range-scalar.js';
import { fileScalar } from '../uploads/file-scalar.js';

builder.addScalarType('ChangeCursor', changeCursorScalar);
builder.addScalarType('DateTime', dateTimeScalar);
builder.addScalarType('NonNegativeInt', NonNegativeIntResolver);
builder.addScalarType('PositiveInt', PositiveIntResolver);
builder.addScalarType('SafeInt', SafeIntResolver);
builder.addScalarType('URL', URLResolver);
builder.addScalarType(
  'Quality',
  rangeScalar('Quality', { ...ranges.quality, whole: true }, 'The quality of a lossy image format'),
);
builder.addScalarType(
  'DevicePixelRatio',
  rangeScalar('DevicePixelRatio', ranges.dpr, 'How many device pixels a CSS pixel has on each axis'),
);
builder.addScalarType(
  'BlurSigma',
  rangeScalar('BlurSigma', ranges.blur, 'The sigma of a Gaussian blur in pixels of the result'),
);
builder.addScalarType('UUID', UUIDResolver);
builder.addScalarType('File', fileScalar);
