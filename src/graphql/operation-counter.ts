import { type DocumentNode, getOperationAST, type OperationTypeNode } from 'graphql';
import type { Plugin } from 'graphql-yoga';

/** Called for each operation: `invalid` if it was refused before it ran, `error` if its response has errors, with or without data. */
export type CountOperation = (kind: OperationTypeNode | 'unknown', outcome: 'success' | 'error' | 'invalid') => void;

/** Counts operations, not names: those a client makes up. */
export const useOperationCounter = (count: CountOperation): Plugin => ({
  onParse:
    () =>
    ({ result }) => {
      if (result instanceof Error) count('unknown', 'invalid');
    },
  onValidate:
    ({ params }) =>
    ({ valid }) => {
      if (!valid) count(kindOf(params.documentAST), 'invalid');
    },
  onExecute: ({ args }) => ({
    onExecuteDone({ result }) {
      count(kindOf(args.document, args.operationName), 'errors' in result && result.errors ? 'error' : 'success');
    },
  }),
  onSubscribe: ({ args }) => ({
    onSubscribeResult({ result }) {
      count(kindOf(args.document, args.operationName), 'errors' in result ? 'error' : 'success');
    },
  }),
});

const kindOf = (document: DocumentNode, operationName?: string | null) =>
  getOperationAST(document, operationName)?.operation ?? 'unknown';
