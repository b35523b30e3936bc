import type { Readable } from 'node:stream';
import type { GraphQLParams } from 'graphql-yoga';
import { cleanFileName } from '../../domain/images/file-name.js';
import type { Limits } from '../../domain/limits.js';
import type { Spool } from '../../domain/ports.js';
import type { PartReader } from '../../lib/multipart.js';
import { utf8Text } from '../../lib/utf8.js';
import { quoted, requestFault } from '../request-fault.js';
import { UploadedFile } from './uploaded-file.js';

export type UploadLimits = Pick<
  Limits,
  'fileBytes' | 'fileNameBytes' | 'requestFiles' | 'filePaths' | 'requestBytes' | 'operationsBytes'
>;

/** A GraphQL request with its files in place, and the files for the code that discards them. */
export interface MultipartRequest {
  readonly operations: GraphQLParams;
  readonly files: readonly UploadedFile[];
}

const order = 'Send the form fields "operations", then "map", then the files.';

/**
 * The parts of one request in the order in which they come: "The order of the form fields is important: operations, map, then the
 * files". Each part is checked as it arrives, so that an error is reported before more is read. Every method throws the error that it finds.
 */
export class MultipartForm implements PartReader {
  #operations: GraphQLParams | null = null;
  #map: UploadMap | null = null;
  #textBytes = 0;
  readonly #streams = new Set<Readable>();
  readonly #receiving = new Map<string, Promise<UploadedFile>>();

  constructor(
    private readonly spool: Spool,
    private readonly limits: UploadLimits,
  ) {}

  /** A part may lack a filename (RFC 7578, section 4.2, only asks for one): what is neither text nor a known field is a file. */
  isFile(name: string | undefined, type: string | undefined, fileName: string | undefined): boolean {
    return fileName !== undefined || (type !== 'text/plain' && name !== 'operations' && name !== 'map');
  }

  takeText(name: string | undefined, value: Buffer, truncated: boolean): void {
    if (name !== 'operations' && name !== 'map') {
      throw requestFault(
        this.#map?.has(name ?? '')
          ? `${quoted(name ?? '')} is a text field, and "map" names it as a file. Send it as a file part, with a filename.`
          : `The form field ${quoted(name ?? '')} is not known. ${order}`,
      );
    }
    this.#textBytes += value.byteLength;
    if (truncated || this.#textBytes > this.limits.operationsBytes) {
      throw requestFault(`"operations" and "map" together take at most ${this.limits.operationsBytes} bytes.`, 413);
    }
    const text = utf8Text(value);
    if (text === null) throw requestFault(`"${name}" is not valid UTF-8. It accepts a JSON object in UTF-8.`);
    if (name === 'operations') {
      if (this.#operations) throw requestFault(`"operations" came twice. ${order}`);
      this.#operations = parseOperations(text);
    } else {
      if (this.#map) throw requestFault(`"map" came twice. ${order}`);
      if (!this.#operations) throw requestFault(`"map" came before "operations". ${order}`);
      this.#map = parseUploadMap(text, this.#operations, this.limits);
    }
  }

  /** Spools the file while it comes in. A fault of the part is thrown at once; one of the disk rejects. */
  takeFile(name: string | undefined, stream: Readable, fileName: string | undefined, type: string): Promise<unknown> {
    const field = name ?? '';
    if (field === 'operations' || field === 'map') {
      throw requestFault(`"${field}" is sent as a file. It must be a text field without a filename.`);
    }
    if (!this.#map) throw requestFault(`The file ${quoted(field)} came before "operations" and "map". ${order}`);
    if (!this.#map.has(field)) {
      throw requestFault(`"map" does not name the file ${quoted(field)}. Name there each file that is sent.`);
    }
    if (this.#receiving.has(field))
      throw requestFault(`The file ${quoted(field)} was sent twice. Each field must have one file.`);
    this.#streams.add(stream);
    const receiving = this.spool.receive(stream, this.limits.fileBytes).then((received) => {
      const name = cleanFileName(fileName ?? '', this.limits.fileNameBytes);
      return new UploadedFile('path' in received ? { ...received, fileName: name } : received, name, type);
    });
    this.#receiving.set(field, receiving);
    return receiving;
  }

  /** The whole request, when its last part has come. */
  async complete(): Promise<MultipartRequest> {
    if (!this.#operations) throw requestFault(`"operations" is missing. ${order}`);
    if (!this.#map) throw requestFault(`"map" is missing. ${order}`);
    const files = new Map<string, UploadedFile>();
    for (const [field, receiving] of this.#receiving) files.set(field, await receiving);
    placeFiles(this.#map, files);
    return { operations: this.#operations, files: [...files.values()] };
  }

  /** Ends the files that still come in and discards those that have come. */
  async abandon(): Promise<void> {
    for (const stream of this.#streams) stream.destroy(new Error('The request is refused.'));
    const settled = await Promise.allSettled(this.#receiving.values());
    const files = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    await discardFiles(this.spool, files);
  }
}

/** Removes the temporary files of a request. */
export async function discardFiles(spool: Spool, files: readonly UploadedFile[]): Promise<void> {
  await Promise.all(files.map((file) => spool.discard(file.received)));
}

/** A place in `operations` that holds null and waits for a file. */
interface Slot {
  readonly holder: Record<string, unknown>;
  readonly key: string;
}

/** The slots of each file, by the name of its form field. */
type UploadMap = ReadonlyMap<string, readonly Slot[]>;

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
