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
import type { CompiledQuery } from 'graphql-jit';
import type { Plugin } from 'graphql-yoga';
import { LRUCache } from 'lru-cache';

type RunQuery = CompiledQuery['query'];

/** A query that came often, whose document needs to be neither parsed nor validated nor interpreted again. */
export interface HotQuery {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  /** The result, or undefined if the query has to be executed for what is wrong with it. */
  readonly run: (
    context: unknown,
    variables: Record<string, unknown>,
  ) => ExecutionResult | undefined | Promise<ExecutionResult | undefined>;
}

interface Usage {
  executions: number;
  /** Null if it cannot be compiled. */
  hot?: HotQuery | null;
  /** By which it is found. */
  readonly keys: Set<string>;
}

const maxOperations = 200;
/** The compilation of a longer document would hold up other requests for more than some tens of milliseconds. */
const maxLength = 4_000;

/** A document has several operations, and a name that is not given means the only one. */
const keyOf = (text: string, operationName: string | null | undefined): string => `${operationName ?? ''}\n${text}`;

/**
 * Compiles queries that are executed often to functions, which take a third of the executor's time. Mutations and subscriptions are never
 * compiled.
 */
export class CompiledQueries {
  readonly #byText = new Map<string, HotQuery>();
  // the same text is the same node for as long as Yoga keeps its document
  readonly #usages = new LRUCache<OperationDefinitionNode, Usage>({
    max: maxOperations,
    dispose: (usage) => this.#forget(usage),
  });

  /**
   * @param after How many executions come first. A compilation takes as long as some twenty of them.
   * @param isSendable Whether a result may be sent as it is. It has no errors.
   */
  constructor(
    private readonly after = 50,
    private readonly isSendable: (result: ExecutionResult) => boolean = () => true,
  ) {}

  find(text: string, operationName: string | null | undefined): HotQuery | undefined {
    const hot = this.#byText.get(keyOf(text, operationName));
    // it is in use, although no plugin hears of it
    if (hot) this.#usages.get(hot.operation);
    return hot;
  }

  plugin(): Plugin {
    return {
      onExecute: ({ args, executeFn, setExecuteFn }) => {
        const unlessFailed = (result: ExecutionResult | undefined, given: ExecutionArgs) =>
          result ?? (executeFn(given) as ExecutionResult | Promise<ExecutionResult>);
        const runCompiled = (hot: HotQuery | undefined): void => {
          if (!hot) return;
          setExecuteFn((given: ExecutionArgs) => {
            const result = hot.run(given.contextValue, given.variableValues ?? {});
            return result instanceof Promise
              ? result.then((settled) => unlessFailed(settled, given))
              : unlessFailed(result, given);
          });
        };
        const hot = this.#use(args as ExecutionArgs);
        return hot instanceof Promise ? hot.then(runCompiled) : runCompiled(hot);
      },
    };
  }

  /** Counts an execution, and returns the compiled query once there were enough of them. */
  #use({ schema, document, operationName }: ExecutionArgs): HotQuery | undefined | Promise<HotQuery | undefined> {
    const operation = getOperationAST(document, operationName);
    if (operation?.operation !== OperationTypeNode.QUERY) return undefined;
    const usage = this.#usages.get(operation) ?? { executions: 0, keys: new Set() };
    usage.executions += 1;
    this.#usages.set(operation, usage);
    if (usage.executions < this.after) return undefined;
    const find = (): HotQuery | undefined => {
      if (usage.hot === undefined) {
        const run = compile(schema, document, operation.name?.value ?? '');
        usage.hot = run && { document, operation, run: this.#unlessFailed(run, usage) };
      }
      const { hot } = usage;
      if (!hot) return undefined;
      const key = keyOf(document.loc?.source.body ?? '', operationName);
      usage.keys.add(key);
      this.#byText.set(key, hot);
      return hot;
    };
    return compiler ? find() : loadCompiler().then(find);
  }

  /** Compiled code knows no locations of errors, and of variables not what is accepted. A query may run again. */
  #unlessFailed(run: RunQuery, usage: Usage): HotQuery['run'] {
    const unlessFailed = (result: ExecutionResult): ExecutionResult | undefined => {
      if (!result.errors && this.isSendable(result)) return result;
      usage.executions = 0;
      this.#forget(usage);
      return undefined;
    };
    return (context, variables) => {
      const result = run(undefined, context, variables);
      return result instanceof Promise ? result.then(unlessFailed) : unlessFailed(result);
    };
  }

  #forget({ keys }: Usage): void {
    for (const key of keys) this.#byText.delete(key);
  }
}

let compiler: typeof import('graphql-jit') | undefined;

/** It is loaded when the first query comes often, so that a start does not wait for it. */
const loadCompiler = async (): Promise<void> => {
  compiler = await import('graphql-jit');
};

const compile = (schema: GraphQLSchema, document: DocumentNode, operationName: string): RunQuery | null => {
  if (!compiler || (document.loc?.end ?? 0) > maxLength || isMistaken(schema, document)) return null;
  const compiled = compiler.compileQuery(schema, document, operationName);
  return compiler.isCompiledQuery(compiled) ? compiled.query : null;
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
