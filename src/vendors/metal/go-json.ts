import { MetalFault } from './metal-fault.js';

const hexCode = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** "Pretty-printed JSON (indent one space), no trailing newline, Go HTML escaping." */
export const writeGoJson = (value: unknown): string =>
  JSON.stringify(value, null, 1).replace(/[<>&\u2028\u2029]/g, hexCode);

/**
 * "Text after the first JSON value is ignored; empty body → 400 EOF."
 * @throws {MetalFault} 400
 */
export const readGoJson = (text: string): unknown => {
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
