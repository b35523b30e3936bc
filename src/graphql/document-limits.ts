import {
  BREAK,
  type FieldNode,
  GraphQLError,
  NoSchemaIntrospectionCustomRule,
  parse,
  type ValidationRule,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Limits } from '../domain/limits.js';

const limitExceeded = (message: string, nodes: FieldNode): GraphQLError =>
  new GraphQLError(message, { nodes, extensions: { code: 'LIMIT_EXCEEDED' } });

/** An alias runs its field again, so that a short document could ask for the same thing many times. */
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

/**
 * Nothing that introspection answers depends on an alias, and no cost is counted for it: with aliases a kilobyte would ask for the
 * schema's lists of lists a hundred times over.
 */
const introspectionAliasRule: ValidationRule = (context) => ({
  Field(node) {
    const isIntrospection = node.name.value === '__schema' || context.getParentType()?.name.startsWith('__');
    if (!node.alias || !isIntrospection) return;
    const message = `The field "${node.name.value}" of the introspection takes no alias.`;
    context.reportError(limitExceeded(message, node));
    return BREAK;
  },
});

/** Holds what a document may be before it runs. Its depth and cost, which depend on its variables, the builder holds. */
export const useDocumentLimits = (limits: Limits, introspection: boolean): Plugin => ({
  onParse({ setParseFn }) {
    // the parser stops at the first token too many
    setParseFn((source, options) => parse(source, { ...options, maxTokens: limits.queryTokens }));
  },
  onValidate({ addValidationRule }) {
    addValidationRule(aliasRule(limits));
    addValidationRule(introspectionAliasRule);
    if (!introspection) addValidationRule(NoSchemaIntrospectionCustomRule);
  },
});
