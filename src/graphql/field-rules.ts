import SchemaBuilder, {
  BasePlugin,
  type FieldNullability,
  type InputFieldMap,
  type InputShapeFromFields,
  type PothosOutputFieldConfig,
  PothosSchemaError,
  type SchemaTypes,
  type TypeParam,
} from '@pothos/core';
import type { GraphQLField, GraphQLFieldResolver } from 'graphql';
import { ForbiddenError } from '../domain/errors.js';
import { authorizeAny, type Caller } from '../domain/identity/caller.js';
import type { Scope } from '../domain/identity/scope.js';
import { asAccountId } from '../domain/images/image.js';
import type { Limits } from '../domain/limits.js';
import type { GraphqlContext } from './context.js';

/** What a caller needs for a field of Query, Mutation or Subscription; each of them says so. */
export type FieldNeeds<Args = Record<string, unknown>> =
  | 'nothing'
  | {
      /** Any of them is enough to begin with. */
      readonly scopes: readonly Scope[];
      /** The account that the arguments name. */
      readonly accountOf?: (args: Args) => string | null | undefined;
    };

/** What the server spends on a field, in units of the cheapest field. */
export interface FieldCost {
  /** The field itself, without what is selected in it; 1 unless given. Elements of list arguments are added to it. */
  readonly own?: number;
  /** How many items its list has at most, or the lists right below it, as those of a connection. */
  readonly length?: number;
  /** What counting its list costs, which is the own cost of a field `totalCount` right below it. */
  readonly count?: number;
}

type FieldCostOf<Args = Record<string, unknown>> = number | 'count' | ((args: Args, limits: Limits) => FieldCost);

interface FieldRules {
  readonly needs?: FieldNeeds | undefined;
  readonly cost?: FieldCostOf | undefined;
}

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      fieldRules: FieldRulesPlugin<Types>;
    }
    export interface FieldOptions<
      Types extends SchemaTypes = SchemaTypes,
      ParentShape = unknown,
      Type extends TypeParam<Types> = TypeParam<Types>,
      Nullable extends FieldNullability<Type> = FieldNullability<Type>,
      Args extends InputFieldMap = InputFieldMap,
      ResolveShape = unknown,
      ResolveReturnShape = unknown,
    > {
      needs?: FieldNeeds<InputShapeFromFields<Args>>;
      cost?: FieldCostOf<InputShapeFromFields<Args>>;
    }
  }
}

/** The rules of a field as the schema has them. */
export const rulesOf = (field: GraphQLField<unknown, unknown>): FieldRules =>
  (field.extensions as { rules?: FieldRules }).rules ?? {};

/** @throws {UnauthenticatedError} {@link ForbiddenError} unless the caller has one of the scopes. */
export const requireScope = (caller: Caller, needs: FieldNeeds): void => {
  if (needs !== 'nothing') authorizeAny(caller, needs.scopes);
};

const rootKinds: readonly string[] = ['Query', 'Mutation', 'Subscription'];

/**
 * Keeps with each field what it needs and what it costs, and authorises the fields of the root types before their resolver sees the
 * arguments. Comes after the errors plugin in the list of plugins, so that a mutation's union receives the refusal.
 */
class FieldRulesPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onOutputFieldConfig(fieldConfig: PothosOutputFieldConfig<Types>) {
    const { needs, cost } = fieldConfig.pothosOptions as unknown as FieldRules;
    if (rootKinds.includes(fieldConfig.kind) && needs === undefined) {
      throw new PothosSchemaError(`The field ${fieldConfig.kind}.${fieldConfig.name} has to say what it needs.`);
    }
    return { ...fieldConfig, extensions: { ...fieldConfig.extensions, rules: { needs, cost } } };
  }

  override wrapResolve(
    resolver: GraphQLFieldResolver<unknown, Types['Context'], object>,
    fieldConfig: PothosOutputFieldConfig<Types>,
  ) {
    // a change that arrives on a stream was authorised when the stream began
    return fieldConfig.kind === 'Subscription' ? resolver : guarded(resolver, fieldConfig);
  }

  override wrapSubscribe(
    subscriber: GraphQLFieldResolver<unknown, Types['Context'], object> | undefined,
    fieldConfig: PothosOutputFieldConfig<Types>,
  ) {
    return subscriber && guarded(subscriber, fieldConfig);
  }
}

const guarded = <Types extends SchemaTypes>(
  resolver: GraphQLFieldResolver<unknown, Types['Context'], object>,
  { pothosOptions, extensions }: PothosOutputFieldConfig<Types>,
): GraphQLFieldResolver<unknown, Types['Context'], object> => {
  const { needs = 'nothing' } = pothosOptions as unknown as FieldRules;
  if (needs === 'nothing') return resolver;
  // of a bulk mutation the refusal is its one result, however many items were asked for
  const isBulk = 'pothosItemErrors' in (extensions ?? {});
  return (parent, args, context, info) => {
    try {
      const named = needs.accountOf?.(args as Record<string, unknown>);
      authorizeAny((context as GraphqlContext).caller, needs.scopes, named ? asAccountId(named) : undefined);
    } catch (error) {
      if (isBulk && error instanceof ForbiddenError) return [error];
      throw error;
    }
    return resolver(parent, args, context, info);
  };
};

SchemaBuilder.registerPlugin('fieldRules', FieldRulesPlugin);
