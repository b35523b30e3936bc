import {
  BREAK,
  type DocumentNode,
  type FieldNode,
  GraphQLError,
  NoSchemaIntrospectionCustomRule,
  type ParseOptions,
  parse,
  type Source,
  type ValidationRule,
  visit,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Limits } from '../domain/limits.js';

const limitExceeded = (message: string, nodes: FieldNode): GraphQLError =>
  new GraphQLError(message, { nodes, extensions: { code: 'LIMIT_EXCEEDED' } });

/** An alias runs its field again, so a short document could request the same thing many times. */
const aliasRule = ({ queryAliases }: Limits): ValidationRule =>
  function limitAliases(context) {
    let aliases = 0;
    return {
      Field(node) {
        if (node.alias) aliases += 1;
        if (!node.alias || aliases !== queryAliases + 1) return;
        const message = `The document has more than ${queryAliases} aliases, the most that is accepted.`;
        context.reportError(limitExceeded(message, node));
      },
    };
  };

/** A result with a member of this name looks like a promise to the executor. */
const thenRule: ValidationRule = (context) => ({
  Field(node) {
    if (node.alias?.value !== 'then') return;
    context.reportError(
      new GraphQLError('The alias "then" is not accepted, as JavaScript takes it for that of a promise.', {
        nodes: node,
      }),
    );
  },
});

/**
 * Nothing that introspection returns depends on an alias, and its cost is not counted: with aliases a kilobyte would request the
 * schema's lists of lists a hundred times.
 */
const introspectionAliasRule: ValidationRule = (context) => ({
  Field(node) {
    const isIntrospection = node.name.value === '__schema' || context.getParentType()?.name.startsWith('__');
    if (!node.alias || !isIntrospection) return;
    const message = `The field "${node.name.value}" of the introspection must not have an alias.`;
    context.reportError(limitExceeded(message, node));
    return BREAK;
  },
});

/** Thrown before the document is validated, which compares all selections of one name with each other: their square. */
const repeatsFault = (document: DocumentNode, { queryRepeats }: Limits): GraphQLError | undefined => {
  const repeats = new Map<string, number>();
  let fault: GraphQLError | undefined;
  visit(document, {
    Field(node) {
      if (!node.selectionSet) return undefined;
      const name = node.alias?.value ?? node.name.value;
      const times = (repeats.get(name) ?? 0) + 1;
      repeats.set(name, times);
      if (times <= queryRepeats) return undefined;
      const message = `The document selects fields in "${name.slice(0, 100)}" more than ${queryRepeats} times, the most that is accepted.`;
      fault = limitExceeded(message, node);
      return BREAK;
    },
  });
  return fault;
};

/**
 * Parses a document up to its limits; the parser stops at the first token too many.
 * @throws {GraphQLError}
 */
export const parseDocument = (source: string | Source, limits: Limits, options?: ParseOptions): DocumentNode => {
  const document = parse(source, { ...options, maxTokens: limits.queryTokens });
  const fault = repeatsFault(document, limits);
  if (fault) throw fault;
  return document;
};

/** What a document has to fulfil in addition to the rules of GraphQL. */
export const documentRules = (limits: Limits, introspection: boolean): ValidationRule[] => [
  aliasRule(limits),
  thenRule,
  introspectionAliasRule,
  ...(introspection ? [] : [NoSchemaIntrospectionCustomRule]),
];

/** Holds a document to its limits before it runs. Its depth and cost, which depend on its variables, are held by the operation guard. */
export const useDocumentLimits = (limits: Limits, introspection: boolean): Plugin => {
  const rules = documentRules(limits, introspection);
  return {
    onParse({ setParseFn }) {
      setParseFn((source, options) => parseDocument(source, limits, options));
    },
    onValidate({ addValidationRule }) {
      for (const rule of rules) addValidationRule(rule);
    },
  };
};
