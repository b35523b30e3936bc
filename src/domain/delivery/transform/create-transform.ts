import { type InputIssue, InvalidInputError } from '../../errors.js';
import { parameterList, type Transform, type TransformFields } from './transform.js';

/**
 * A transform whose every value is in its range and in its one spelling.
 * @throws {InvalidInputError} with an issue for each field that is out of range, its path being the field's name
 */
export function createTransform(fields: TransformFields): Transform {
  const issues: InputIssue[] = [];
  const values = parameterList.map(([name, { fallback, normalise, accepted }]) => {
    const given = fields[name] ?? null;
    const value = given === null ? fallback : normalise(given);
    if (value === undefined) issues.push({ path: [name], message: accepted });
    return [name, value] as const;
  });
  if (issues.length > 0) throw new InvalidInputError(issues);
  return Object.fromEntries(values) as unknown as Transform;
}
