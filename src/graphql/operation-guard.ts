import {
  type ExecutionArgs,
  type ExecutionResult,
  type FragmentDefinitionNode,
  GraphQLError,
  getOperationAST,
  getVariableValues,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { DomainError } from '../domain/errors.js';
import { isAnonymous } from '../domain/identity/caller.js';
import type { Limits } from '../domain/limits.js';
import type { GraphqlContext } from './context.js';
import { requireScope, rulesOf } from './field-rules.js';
import { CostEstimate, countElements, isSelected, type Operation, type OperationCost } from './operation-cost.js';

/**
 * Refuses an operation before anything of it runs: first what the caller may not do, then what costs too much. Whoever lacks a scope
 * learns nothing else, and spends nothing of the server, whatever the input is.
 */
export const useOperationGuard = (limits: Limits): Plugin<GraphqlContext> => ({
  onExecute: ({ args, setResultAndStopExecution }) => {
    const refusal = refusalOf(args as ExecutionArgs, limits);
    if (refusal) setResultAndStopExecution(refusal);
  },
  onSubscribe: ({ args, setResultAndStopExecution }) => {
    const refusal = refusalOf(args as ExecutionArgs, limits);
    if (refusal) setResultAndStopExecution(refusal);
  },
});

/** The result of an operation that is not to run, or undefined. */
export const refusalOf = (args: ExecutionArgs, limits: Limits): ExecutionResult | undefined => {
  const node = getOperationAST(args.document, args.operationName);
  if (!node) return undefined;
  const { caller } = args.contextValue as GraphqlContext;
  const given = args.variableValues ?? {};
  const limit = isAnonymous(caller) ? limits.anonymousQueryCost : limits.queryCost;
  // each element costs, so what has more is refused in any case: a body of them would be coerced for half a second
  const isTooLong = countElements(given, limit) > limit;
  const coerced = isTooLong
    ? notCoerced
    : getVariableValues(args.schema, node.variableDefinitions ?? [], given, { maxErrors: 1 });
  const operation: Operation = {
    schema: args.schema,
    node,
    fragments: fragmentsOf(args),
    variables: coerced.coerced ?? given,
  };
  try {
    const refused = refusedFields(operation, args.contextValue as GraphqlContext);
    const [first] = refused.values();
    // a mutation's union reports a missing scope itself, but without valid variables it never runs
    if (first && (isAnonymous(caller) || coerced.errors)) throw first;
    if (isTooLong) return { errors: [tooManyElements(limit)] };
    // as the executor would, whose compiled form accepts more
    if (coerced.errors)
      return { errors: getVariableValues(args.schema, node.variableDefinitions ?? [], given).errors ?? [] };
    const found = new CostEstimate(operation, limits, (name) => refused.has(name)).total();
    const fault = faultOf(found, limits, limit);
    return fault && { errors: [fault] };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return { errors: [new GraphQLError(error.message, { originalError: error })] };
  }
};

const notCoerced: ReturnType<typeof getVariableValues> = { errors: [] };

const tooManyElements = (limit: number): GraphQLError =>
  limitExceeded(
    `The variables have lists of more than ${limit} elements. Each costs 1, and a cost of at most ${limit} is accepted.`,
  );

const fragmentsOf = ({ document }: ExecutionArgs): Map<string, FragmentDefinitionNode> =>
  new Map(
    document.definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition] as const] : [],
    ),
  );

/** The fields of the root type that the caller's scopes do not allow, with why. */
const refusedFields = (operation: Operation, { caller }: GraphqlContext): Map<string, DomainError> => {
  const fields = operation.schema.getRootType(operation.node.operation)?.getFields() ?? {};
  const refused = new Map<string, DomainError>();
  for (const name of rootFieldNames(operation, operation.node.selectionSet)) {
    const field = fields[name];
    if (!field) continue;
    try {
      requireScope(caller, rulesOf(field).needs ?? 'nothing');
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      refused.set(name, error);
    }
  }
  return refused;
};

const rootFieldNames = (
  operation: Operation,
  { selections }: SelectionSetNode,
  names = new Set<string>(),
  visited = new Set<string>(),
): Set<string> => {
  for (const selection of selections) {
    if (!isSelected(selection, operation.variables)) continue;
    if (selection.kind === Kind.FIELD) names.add(selection.name.value);
    else if (selection.kind === Kind.INLINE_FRAGMENT) rootFieldNames(operation, selection.selectionSet, names, visited);
    else if (!visited.has(selection.name.value)) {
      visited.add(selection.name.value);
      const fragment = operation.fragments.get(selection.name.value);
      if (fragment) rootFieldNames(operation, fragment.selectionSet, names, visited);
    }
  }
  return names;
};

const faultOf = ({ cost, depth, costliest }: OperationCost, { queryDepth }: Limits, limit: number) => {
  if (depth > queryDepth)
    return limitExceeded(`The document has a depth of ${depth}; at most ${queryDepth} is accepted.`);
  if (cost <= limit) return undefined;
  return limitExceeded(
    `The document has a cost of ${cost}; at most ${limit} is accepted. Its costliest field is "${costliest.path}" with ` +
      `${costliest.cost}. Select fewer fields, shorter pages, or fewer counts and filters.`,
  );
};

const limitExceeded = (message: string): GraphQLError =>
  new GraphQLError(message, { extensions: { code: 'LIMIT_EXCEEDED', http: { status: 400 } } });
