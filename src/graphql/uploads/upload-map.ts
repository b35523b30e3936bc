import type { GraphQLParams } from 'graphql-yoga';
import type { Limits } from '../../domain/limits.js';
import { quoted, requestFault } from '../request-fault.js';
import type { UploadedFile } from './uploaded-file.js';

/** A place in `operations` that holds null and waits for a file. */
interface Slot {
  readonly holder: Record<string, unknown>;
  readonly key: string;
}

/** The slots of each file, by the name of its form field. */
export type UploadMap = ReadonlyMap<string, readonly Slot[]>;

const mapShape = '"map" must be a JSON object from file fields to paths, such as {"0": ["variables.file"]}.';

/** "operations: A JSON encoded operations object with files replaced with null." */
export function parseOperations(text: string): GraphQLParams {
  const operations = parseJson('operations', text);
  if (Array.isArray(operations)) {
    throw requestFault('"operations" is an array: batching is off. Send one JSON object for each request.');
  }
  if (!isObject(operations)) {
    throw requestFault(
      '"operations" is not an object. It must be a JSON object, such as {"query": "...", "variables": {"file": null}}.',
    );
  }
  return operations;
}

/**
 * "map: A JSON encoded map of where files occurred in the operations. For each file, the key is the file multipart form field name
 * and the value is an array of operations paths."
 * @throws a 400 unless every path leads to its own null in the operations, so that errors are reported before a file is read.
 */
export function parseUploadMap(
  text: string,
  operations: GraphQLParams,
  { requestFiles, filePaths }: Pick<Limits, 'requestFiles' | 'filePaths'>,
): UploadMap {
  const map = parseJson('map', text);
  if (!isObject(map) || Array.isArray(map)) throw requestFault(`"map" is not an object. ${mapShape}`);
  const entries = Object.entries(map);
  if (entries.length > requestFiles) {
    throw requestFault(`"map" names ${entries.length} files. A request has at most ${requestFiles}.`);
  }
  const takenPaths = new Set<string>();
  return new Map(
    entries.map(([field, paths]) => {
      if (!isPathList(paths)) throw requestFault(`${quoted(field)} in "map" is not a list of paths. ${mapShape}`);
      if (paths.length > filePaths) {
        throw requestFault(
          `${quoted(field)} in "map" has ${paths.length} paths. One file is used at no more than ${filePaths} places.`,
        );
      }
      return [field, paths.map((path) => slotAt(path, operations, takenPaths))];
    }),
  );
}

/** Puts the files into the operations; one file may be used at several places. */
export function placeFiles(map: UploadMap, files: ReadonlyMap<string, UploadedFile>): void {
  for (const [field, slots] of map) {
    const file = files.get(field);
    if (!file) {
      throw requestFault(
        `"map" names the file ${quoted(field)}, which is missing. Send it as a form field of that name.`,
      );
    }
    for (const { holder, key } of slots) holder[key] = file;
  }
}

function slotAt(path: string, operations: GraphQLParams, takenPaths: Set<string>): Slot {
  if (takenPaths.has(path)) throw requestFault(`"map" has the path ${quoted(path)} twice. A path accepts one file.`);
  takenPaths.add(path);
  const keys = path.split('.');
  const lastKey = keys.pop() ?? '';
  let holder: unknown = operations;
  for (const key of keys) holder = ownValue(holder, key);
  if (!isObject(holder) || ownValue(holder, lastKey) !== null) {
    throw requestFault(
      `The path ${quoted(path)} in "map" does not lead to null in "operations". ` +
        'A path is made of the keys that lead to it, such as "variables.files.0".',
    );
  }
  return { holder, key: lastKey };
}

/** Own properties only: a path through `__proto__` or `constructor` leads nowhere, so that no map reaches a prototype. */
function ownValue(holder: unknown, key: string): unknown {
  return isObject(holder) && Object.hasOwn(holder, key) ? holder[key] : undefined;
}

function parseJson(part: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw requestFault(`"${part}" is not valid JSON. It must be a JSON object in UTF-8.`);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isPathList(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every((path) => typeof path === 'string');
}
