import { readFile } from 'node:fs/promises';
import graphqlPlugin from '@graphql-eslint/eslint-plugin';
import { Linter } from 'eslint';
import { expect, test } from 'vitest';

const schema = await readFile(new URL('../../schema.graphql', import.meta.url), 'utf8');

const { 'flat/schema-recommended': recommended, 'flat/schema-relay': relay } = graphqlPlugin.configs;

/** Types whose objects have no identity, so that no cache keeps them by an `id`. */
const typesWithoutId = [
  // identified by `accountId`; there is nothing of it to look up or to change
  'Account',
  // parts of the object that contains them
  ...[
    'EmbeddedMetadata',
    'AltText',
    'FocalPoint',
    'HttpHeader',
    'ImageAddress',
    'ImagePlaceholder',
    'ImageVariant',
    'InputIssue',
    'SignedUrl',
  ],
  // an image and its distance from another one
  'SimilarImage',
  // pages
  ...['ImagePage', 'PageInfo'],
  // events, and what is left of a deleted object
  ...['DeletedMetalImage', 'ImageChange', 'MetalImageChange', 'WebhookDelivery'],
  // there is one, of the server or of the caller
  ...['Limits', 'Viewer'],
  // a name in the configuration
  'Preset',
  // its `uploadId` is a secret, which no cache should use as a key
  'StagedUpload',
];

const rules = {
  ...recommended.rules,
  ...relay.rules,
  '@graphql-eslint/strict-id-in-types': [
    'error',
    { exceptions: { types: typesWithoutId, suffixes: ['Payload', 'Error', 'Warning', 'Connection', 'Edge'] } },
  ],
  // a connection has `nodes` too, for clients that need no cursors; other lists are short and complete
  '@graphql-eslint/relay-edge-types': ['error', { listTypeCanWrapOnlyEdgeType: false }],
  // the journal is read forwards only
  '@graphql-eslint/relay-arguments': ['error', { includeBoth: false }],
};

const accepted = [
  // a number with a range, so that one out of range fails before anything runs
  'relay-arguments: Argument `first` must return Int. <first: PageSize>',
  'relay-arguments: Argument `last` must return Int. <last: PageSize>',
  // the vendors' name of an id, and the global `id` is next to it
  'no-typename-prefix: Field "imageId" starts with the name of the parent type "Image" <imageId: UUID!>',
  // the name that every argument and type has for it
  'no-typename-prefix: Field "accountId" starts with the name of the parent type "Account" <accountId: UUID!>',
  // an account and an event cannot be looked up by a global id
  "relay-edge-types: Edge type's field `node` must implement `Node` interface. <type AccountEdge {>",
  "relay-edge-types: Edge type's field `node` must implement `Node` interface. <type ImageChangeEdge {>",
  "relay-edge-types: Edge type's field `node` must implement `Node` interface. <type MetalImageChangeEdge {>",
];

/** What the rules find, each with the line that it is in. */
const findingsIn = (sdl: string): string[] => {
  const findings = new Linter().verify(
    sdl,
    {
      files: ['**/*.graphql'],
      plugins: { '@graphql-eslint': { rules: graphqlPlugin.rules } },
      languageOptions: { parser: graphqlPlugin.parser, parserOptions: { graphQLConfig: { schema: sdl } } },
      rules,
    } as unknown as Linter.Config,
    'schema.graphql',
  );
  const lines = sdl.split('\n');
  return findings.map(({ ruleId, line, message }) => {
    const rule = ruleId?.replace('@graphql-eslint/', '');
    return `${rule}: ${message.split('\n')[0]} <${lines[line - 1]?.trim()}>`;
  });
};

test("schema.graphql follows graphql-eslint's recommended rules and Relay's, but for what has a reason here", () => {
  expect([...new Set(findingsIn(schema))].toSorted()).toEqual(accepted.toSorted());
});

test.each([
  ['a type without a description', /"""The caller and its permissions."""\ntype/, 'type', 'require-description'],
  ['a page without a cursor', /endCursor: String/, 'lastCursor: String', 'relay-page-info'],
  ['an edge without a cursor', /cursor: String!/, 'position: String!', 'relay-edge-types'],
  ['a list without a window', /first: PageSize$/m, 'count: PageSize', 'relay-arguments'],
  ['an object without an id', /Viewer\b/g, 'Caller', 'strict-id-in-types'],
  ['a type that nothing refers to', /viewer: Viewer!/, 'viewer: String!', 'no-unreachable-types'],
])('the rules find %s', (_name, pattern, replacement, rule) => {
  const unaccepted = findingsIn(schema.replace(pattern, replacement)).filter((finding) => !accepted.includes(finding));
  expect(unaccepted).toContainEqual(expect.stringContaining(`${rule}: `));
});
