import SchemaBuilder, { BasePlugin, type PothosInputFieldConfig, type SchemaTypes } from '@pothos/core';
import { defaultLimits } from '../domain/limits.js';
import { rangeScalar } from './scalars.js';

export const pageSizeScalar = rangeScalar(
  'PageSize',
  { min: 0, max: defaultLimits.pageMax, whole: true },
  'The number of items of a page',
);

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      pageSizes: PageSizesPlugin<Types>;
    }
  }
}

/** Gives `first` and `last` of each connection their range. The Relay plugin makes them Int and has no option for it. */
class PageSizesPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onInputFieldConfig(config: PothosInputFieldConfig<Types>): PothosInputFieldConfig<Types> {
    const isSize = config.kind === 'Arg' && (config.name === 'first' || config.name === 'last');
    if (!isSize || config.type.kind !== 'Scalar') return config;
    return { ...config, type: { ...config.type, ref: 'PageSize' as typeof config.type.ref } };
  }
}

SchemaBuilder.registerPlugin('pageSizes', PageSizesPlugin);
