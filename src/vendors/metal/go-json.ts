import type { z } from 'zod';
import { utf8Text } from '../../lib/utf8.js';
import { MetalFault } from './metal-fault.js';

const hexCode = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** "Pretty-printed JSON (indent one space), no trailing newline, Go HTML escaping." */
export const writeGoJson = (value: unknown): string =>
  JSON.stringify(value, null, 1).replace(/[<>&\u2028\u2029]/g, hexCode);

/**
 * "Text after the first JSON value is ignored; empty body → 400 EOF."
 * @throws {MetalFault} 400
 */
const readGoJson = (text: string): unknown => {
  const value = text.trimStart();
  if (value === '') throw new MetalFault(400, 'EOF');
  try {
    return JSON.parse(value.slice(0, endOfFirst(value)));
  } catch (error) {
    throw error instanceof SyntaxError ? new MetalFault(400, error.message) : error;
  }
};

/** Where the first JSON value of a text ends, whether or not it is well formed. */
const endOfFirst = (text: string): number => {
  const scalar = /^[\w.+-]+/.exec(text)?.[0];
  if (scalar) return scalar.length;
  let depth = 0;
  let isString = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (isString && character === '\\') index += 1;
    else if (character === '"') isString = !isString;
    else if (!isString && '{['.includes(character)) depth += 1;
    else if (!isString && '}]'.includes(character)) depth -= 1;
    if (depth <= 0 && !isString) return index + 1;
  }
  throw new MetalFault(400, 'unexpected EOF');
};

/**
 * The body of a request as Go's decoder reads it: "unknown fields ignored, keys case-insensitive", and null the same as absent.
 * @throws {MetalFault} 400 for a body that is not JSON in UTF-8, and for a member of another type.
 */
export const decodeBody = <Shape extends z.core.$ZodLooseShape>(
  schema: z.ZodObject<Shape>,
  body: Buffer | undefined,
): z.output<z.ZodObject<Shape>> => {
  const text = utf8Text(body ?? Buffer.alloc(0));
  // Go would put U+FFFD in the place of what is lost
  if (text === null) throw new MetalFault(400, 'the body is not valid UTF-8');
  const value = readGoJson(text) ?? {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new MetalFault(400, `json: cannot unmarshal ${kindOf(value)} into Go value of type ${schema.meta()?.id}`);
  }
  const fields = foldKeys(value, Object.keys(schema.shape));
  const parsed = schema.safeParse(fields);
  if (parsed.success) return parsed.data;
  throw new MetalFault(400, faultOf(parsed.error.issues[0], fields, `${schema.meta()?.id}`));
};

/** The members that are known, by the names that they have here; the last one wins if one is given twice. */
const foldKeys = (given: object, names: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(given).flatMap(([key, value]) => {
      const name = names.find((known) => known.toLowerCase() === key.toLowerCase());
      return name === undefined || value === null ? [] : [[name, withoutNulls(value)]];
    }),
  );

/** Go leaves a member that is null at its zero value, which for a string is the empty one. */
const withoutNulls = (value: unknown): unknown =>
  Array.isArray(value) ? value.map((element: unknown) => element ?? '') : value;

const faultOf = (issue: z.core.$ZodIssue | undefined, fields: Record<string, unknown>, structName: string): string => {
  if (issue?.code !== 'invalid_type') return issue?.message ?? '';
  const [field = '', index] = issue.path.map(String);
  const member = fields[field];
  const culprit = index !== undefined && Array.isArray(member) ? member[Number(index)] : member;
  const goType = issue.expected === 'array' ? '[]string' : issue.expected;
  return `json: cannot unmarshal ${kindOf(culprit)} into Go struct field ${structName}.${field} of type ${goType}`;
};

/** What Go calls the kind of a JSON value. */
const kindOf = (value: unknown): string => {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
};
