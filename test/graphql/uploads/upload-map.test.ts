import fc from 'fast-check';
import { GraphQLError } from 'graphql';
import { describe, expect, it } from 'vitest';
import { parseOperations, parseUploadMap, placeFiles } from '../../../src/graphql/uploads/multipart-form.js';
import { UploadedFile } from '../../../src/graphql/uploads/uploaded-file.js';

const file = () => new UploadedFile({ tooLarge: true }, 'cat.png', 'image/png');

function place(operationsText: string, mapText: string, files: Record<string, UploadedFile> = { 0: file() }) {
  const operations = parseOperations(operationsText);
  placeFiles(parseUploadMap(mapText, operations, { requestFiles: 10, filePaths: 10 }), new Map(Object.entries(files)));
  return operations;
}

const operations = '{"variables":{"file":null,"list":[null,{"deep":null}],"text":"x","constructor":null}}';

describe('files are placed', () => {
  it.each([
    ['variables.file', (placed: UploadedFile) => ({ file: placed })],
    ['variables.list.0', (placed: UploadedFile) => ({ list: [placed, { deep: null }] })],
    ['variables.list.1.deep', (placed: UploadedFile) => ({ list: [null, { deep: placed }] })],
    ['variables.constructor', (placed: UploadedFile) => ({ constructor: placed })],
  ])('at %s', (path, expected) => {
    const placed = file();
    const { variables } = place(operations, JSON.stringify({ 0: [path] }), { 0: placed });
    expect(variables).toMatchObject(expected(placed));
  });

  it('as the same file at several places', () => {
    const placed = file();
    const { variables } = place(operations, '{"0":["variables.file","variables.list.0"]}', { 0: placed });
    expect(variables).toMatchObject({ file: placed, list: [placed, { deep: null }] });
  });

  it('into a key that is called __proto__ without touching the prototype', () => {
    const { variables } = place('{"variables":{"__proto__":null}}', '{"0":["variables.__proto__"]}');
    expect(Object.keys(variables ?? {})).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(variables)).toBe(Object.prototype);
  });
});

describe('operations are refused:', () => {
  it.each([
    ['', '"operations" is not valid JSON'],
    ['{"query":', '"operations" is not valid JSON'],
    ['null', '"operations" is not an object'],
    ['"text"', '"operations" is not an object'],
    ['[{"query":"{ a }"}]', 'batching is off'],
  ])('%s', (text, message) => expect(() => parseOperations(text)).toThrow(message));
});

describe('a map is refused:', () => {
  it.each([
    ['{', '"map" is not valid JSON'],
    ['null', '"map" is not an object'],
    ['[]', '"map" is not an object'],
    ['"0"', '"map" is not an object'],
    ['{"0":"variables.file"}', '"0" in "map" is not a list of paths'],
    ['{"0":[]}', '"0" in "map" is not a list of paths'],
    ['{"0":[1]}', '"0" in "map" is not a list of paths'],
    ['{"0":null}', '"0" in "map" is not a list of paths'],
    ['{"0":["variables.other"]}', '"variables.other" in "map" does not lead to null'],
    ['{"0":["variables.text"]}', '"variables.text" in "map" does not lead to null'],
    ['{"0":["variables.text.length"]}', 'does not lead to null'],
    ['{"0":["variables.list.2"]}', 'does not lead to null'],
    ['{"0":["variables.list.00"]}', 'does not lead to null'],
    ['{"0":["variables.list.length"]}', 'does not lead to null'],
    ['{"0":["variables"]}', 'does not lead to null'],
    ['{"0":[""]}', 'does not lead to null'],
    ['{"0":["."]}', 'does not lead to null'],
    ['{"0":["__proto__.polluted"]}', 'does not lead to null'],
    ['{"0":["variables.constructor.prototype.polluted"]}', 'does not lead to null'],
    ['{"0":["variables.file","variables.file"]}', 'the path "variables.file" twice'],
    ['{"0":["variables.file"],"1":["variables.file"]}', 'the path "variables.file" twice'],
    [
      JSON.stringify({ 0: Array.from({ length: 20_000 }, (_, index) => `variables.list.${index}`) }),
      '"0" in "map" has 20000 paths. One file is used at no more than 10 places',
    ],
    [JSON.stringify(Object.fromEntries(Array(11).fill([]).entries())), 'at most 10'],
  ])('%s', (map, message) => expect(() => place(operations, map)).toThrow(message));

  it('and a name of any length is shown shortened', () => {
    const map = JSON.stringify({ 0: [`variables.${'x'.repeat(10_000)}`] });
    expect(() => place(operations, map)).toThrow(/^.{200,300}$/);
  });
});

it('a mapped file that is missing is refused', () => {
  expect(() => place(operations, '{"a":["variables.file"]}')).toThrow('"map" names the file "a", which is missing');
});

describe('whatever the JSON,', () => {
  const key = fc.oneof(fc.constantFrom('__proto__', 'constructor', 'prototype', 'variables', 'a', '0'), fc.string());
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom(null, null, 'text', 1, true),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(key, tie('tree'), { maxKeys: 3, noNullPrototype: false }),
    ),
  }));
  const path = fc.array(key, { minLength: 1, maxLength: 4 }).map((keys) => keys.join('.'));
  const map = fc.oneof(tree, fc.dictionary(key, fc.array(path, { minLength: 1, maxLength: 3 }), { maxKeys: 3 }));

  it('the only error is the 400 and no prototype is polluted', () => {
    const before = [Object.prototype, Array.prototype, Function.prototype].map(Object.getOwnPropertyNames);
    fc.assert(
      fc.property(tree, map, (operations, map) => {
        try {
          place(JSON.stringify(operations), JSON.stringify(map), { a: file(), 0: file(), variables: file() });
        } catch (error) {
          expect(error).toBeInstanceOf(GraphQLError);
          expect((error as GraphQLError).extensions).toEqual({ code: 'BAD_REQUEST', http: { status: 400 } });
        }
      }),
      { numRuns: 2_000 },
    );
    expect([Object.prototype, Array.prototype, Function.prototype].map(Object.getOwnPropertyNames)).toEqual(before);
  });
});
