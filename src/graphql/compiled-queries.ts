import {
  BREAK,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLSchema,
  getNamedType,
  getOperationAST,
  isLeafType,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  TypeInfo,
  type ValueNode,
  valueFromAST,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { type CompiledQuery, compileQuery, isCompiledQuery } from 'graphql-jit';
import type { Plugin } from 'graphql-yoga';
import { LRUCache } from 'lru-cache';

type RunQuery = CompiledQuery['query'];

interface Usage {
  executions: number;
  /** Null if it cannot be compiled. */
  run?: RunQuery | null;
}

const maxOperations = 200;
/** The compilation of a longer document would hold up other requests for more than some tens of milliseconds. */
const maxLength = 4_000;

/**
 * Compiles queries that are executed often to functions, which take a third of the executor's time. Mutations and subscriptions are never
 * compiled.
 * @param after How many executions come first. A compilation takes as long as some twenty of them.
 */
export const useCompiledQueries = (after = 50): Plugin => {
  // the same text is the same node for as long as Yoga keeps its document
  const usages = new LRUCache<OperationDefinitionNode, Usage>({ max: maxOperations });
  return {
    onExecute({ args, executeFn, setExecuteFn }) {
      const { schema, document, operationName } = args as ExecutionArgs;
      const operation = getOperationAST(document, operationName);
      if (operation?.operation !== OperationTypeNode.QUERY) return;
      const usage = usages.get(operation) ?? { executions: 0 };
      usage.executions += 1;
      usages.set(operation, usage);
      if (usage.executions < after) return;
      if (usage.run === undefined) usage.run = compile(schema, document, operation.name?.value ?? '');
      const { run } = usage;
      if (!run) return;
      /** Compiled code knows no locations of errors, and of variables not what is accepted. A query may run again. */
      const unlessFailed = (result: ExecutionResult, given: ExecutionArgs) => {
        if (!result.errors) return result;
        usage.executions = 0;
        return executeFn(given) as ExecutionResult | Promise<ExecutionResult>;
      };
      setExecuteFn((given: ExecutionArgs) => {
        const result = run(given.rootValue, given.contextValue, given.variableValues);
        return result instanceof Promise
          ? result.then((settled) => unlessFailed(settled, given))
          : unlessFailed(result, given);
      });
    },
  };
};

const compile = (schema: GraphQLSchema, document: DocumentNode, operationName: string): RunQuery | null => {
  if ((document.loc?.end ?? 0) > maxLength || isMistaken(schema, document)) return null;
  const compiled = compileQuery(schema, document, operationName);
  return isCompiledQuery(compiled) ? compiled.query : null;
};

/**
 * Whether compiled code would not do what the executor does: a fragment that is spread twice and skipped once would be skipped twice, and
 * a literal that stands for an object, such as a time, would lose its class.
 */
const isMistaken = (schema: GraphQLSchema, document: DocumentNode): boolean => {
  const types = new TypeInfo(schema);
  let found = false;
  visit(
    document,
    visitWithTypeInfo(types, {
      enter(node) {
        const type = getNamedType(types.getInputType());
        const isLiteral = type && isLeafType(type) && 'value' in node;
        found =
          node.kind === Kind.DIRECTIVE ||
          (isLiteral && typeof valueFromAST(node as ValueNode, type) === 'object') ||
          false;
        return found ? BREAK : undefined;
      },
    }),
  );
  return found;
};
