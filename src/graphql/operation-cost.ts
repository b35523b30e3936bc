import {
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLIncludeDirective,
  type GraphQLNamedType,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getArgumentValues,
  getDirectiveValues,
  getNamedType,
  getNullableType,
  isInterfaceType,
  isListType,
  isObjectType,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import type { Limits } from '../domain/limits.js';
import { type FieldCost, rulesOf } from './field-rules.js';

export interface Operation {
  readonly schema: GraphQLSchema;
  readonly node: OperationDefinitionNode;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly variables: Record<string, unknown>;
}

export interface OperationCost {
  readonly cost: number;
  readonly depth: number;
  /** The field that costs most, without what is selected in it, by the path to it and with everything that multiplies it. */
  readonly costliest: { readonly path: string; readonly cost: number };
}

/** What a field hands down to the lists and the count right below it. */
interface Page {
  readonly length: number | undefined;
  readonly count: number | undefined;
}

const nothing: OperationCost = { cost: 0, depth: 0, costliest: { path: '', cost: 0 } };
const noPage: Page = { length: undefined, count: undefined };

/**
 * Estimates what an operation makes the server do, from its document and variables alone. No library is used: those known multiply
 * everything in a connection by its length, its `totalCount` too, and name no field.
 */
export class CostEstimate {
  // a fragment may be spread so often that visiting it each time would take longer than running the operation
  readonly #known = new Map<SelectionSetNode, Map<string, OperationCost>>();

  /** @param isRefused Whether a field of the root type is refused to the caller, which costs nothing but its error. */
  constructor(
    private readonly operation: Operation,
    private readonly limits: Limits,
    private readonly isRefused: (fieldName: string) => boolean,
  ) {}

  total(): OperationCost {
    const { schema, node } = this.operation;
    const root = schema.getRootType(node.operation);
    return root ? this.#ofSelections(node.selectionSet, root, noPage) : nothing;
  }

  #ofSelections(set: SelectionSetNode, type: GraphQLNamedType, page: Page): OperationCost {
    const key = `${type.name} ${page.length} ${page.count}`;
    const known = this.#known.get(set)?.get(key);
    if (known) return known;
    let sum = nothing;
    for (const selection of set.selections) {
      if (!isSelected(selection, this.operation.variables)) continue;
      const found = this.#ofSelection(selection, type, page);
      sum = {
        cost: sum.cost + found.cost,
        depth: Math.max(sum.depth, found.depth),
        costliest: found.costliest.cost > sum.costliest.cost ? found.costliest : sum.costliest,
      };
    }
    const byKey = this.#known.get(set) ?? new Map<string, OperationCost>();
    this.#known.set(set, byKey.set(key, sum));
    return sum;
  }

  #ofSelection(selection: SelectionNode, type: GraphQLNamedType, page: Page): OperationCost {
    if (selection.kind === 'Field') return this.#ofField(selection, type, page);
    const { fragments, schema } = this.operation;
    const fragment = selection.kind === 'FragmentSpread' ? fragments.get(selection.name.value) : selection;
    if (!fragment) return nothing;
    const condition = fragment.typeCondition ? schema.getType(fragment.typeCondition.name.value) : undefined;
    return this.#ofSelections(fragment.selectionSet, condition ?? type, page);
  }

  #ofField(node: FieldNode, type: GraphQLNamedType, page: Page): OperationCost {
    const name = node.alias?.value ?? node.name.value;
    const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[node.name.value] : undefined;
    const isRoot = type === this.operation.schema.getRootType(this.operation.node.operation);
    // __typename and introspection, which has bounds of its own
    if (!field || (isRoot && this.isRefused(node.name.value))) {
      return { cost: 1, depth: 1, costliest: { path: name, cost: 1 } };
    }
    const { own = 1, length, count } = this.#costOf(node, field, page);
    const isList = isListType(getNullableType(field.type));
    const times = isList ? (length ?? page.length ?? this.limits.pageDefault) : 1;
    const inside = node.selectionSet
      ? this.#ofSelections(node.selectionSet, getNamedType(field.type), isList ? noPage : { length, count })
      : nothing;
    const { path, cost } = inside.costliest;
    return {
      cost: own + times * inside.cost,
      depth: 1 + inside.depth,
      costliest: times * cost > own ? { path: `${name}.${path}`, cost: times * cost } : { path: name, cost: own },
    };
  }

  #costOf(node: FieldNode, field: Parameters<typeof rulesOf>[0], page: Page): FieldCost {
    const { cost = 1 } = rulesOf(field);
    if (cost === 'count') return { own: page.count ?? 1 };
    const args = field.args.length > 0 ? argumentsOf(node, field, this.operation.variables) : {};
    const given = typeof cost === 'function' ? cost(args, this.limits) : { own: cost };
    return { ...given, own: (given.own ?? 1) + countElements(args) };
  }
}

/** None for arguments that are not valid, which the execution reports. */
const argumentsOf = (
  node: FieldNode,
  field: Parameters<typeof rulesOf>[0],
  variables: Record<string, unknown>,
): Record<string, unknown> => {
  try {
    return getArgumentValues(field, node, variables);
  } catch {
    return {};
  }
};

/** Whether `@skip` and `@include` let the selection run. */
export const isSelected = (node: SelectionNode, variables: Record<string, unknown>): boolean => {
  if (!node.directives?.length) return true;
  try {
    return (
      getDirectiveValues(GraphQLSkipDirective, node, variables)?.['if'] !== true &&
      getDirectiveValues(GraphQLIncludeDirective, node, variables)?.['if'] !== false
    );
  } catch {
    return true;
  }
};

/** Whether an object is one of an input, and not a value of a scalar, such as a file, whose stream leads anywhere. */
const isPlain = (value: object): boolean => {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

/** The elements of all lists in arguments or variables, as far as a bound: each is looked at, and many are looked up. */
export const countElements = (given: object, most = Number.POSITIVE_INFINITY): number => {
  let count = 0;
  const left: object[] = [given];
  for (let value = left.pop(); value && count <= most; value = left.pop()) {
    if (Array.isArray(value)) count += value.length;
    else if (!isPlain(value)) continue;
    for (const part of Object.values(value)) if (typeof part === 'object' && part !== null) left.push(part);
  }
  return count;
};
