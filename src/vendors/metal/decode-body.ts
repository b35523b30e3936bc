import type { z } from 'zod';
import { utf8Text } from '../../lib/utf8.js';
import { readGoJson } from './go-json.js';
import { MetalFault } from './metal-fault.js';

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
