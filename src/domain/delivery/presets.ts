import { type InputIssue, InvalidInputError } from '../errors.js';
import type { Transform } from './transform/transform.js';
import { parseTransformQuery } from './transform/transform-query.js';

/** A transform that the operator has given a name to. */
export interface Preset {
  readonly transform: Transform;
  /** Whether it is rendered after each upload, before anybody asks for it. */
  readonly eager: boolean;
}

export type Presets = ReadonlyMap<string, Preset>;

const namePattern = /^[a-z0-9][\w-]{0,63}$/i;

const accepted =
  'must be an object with the parameters of a public image, such as {"size": "640x480", "format": "webp"}, which are texts or numbers; "eager": true renders it ahead.';

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The parameters of a preset as a query; null if they are not texts and numbers. */
const queryOf = (parameters: Record<string, unknown>): string | null => {
  const entries = Object.entries(parameters);
  if (!entries.every(([, text]) => typeof text === 'string' || typeof text === 'number')) return null;
  return new URLSearchParams(entries.map(([name, text]) => [name, String(text)])).toString();
};

/**
 * Presets from an object of names with the parameters of each, which mean what they mean in a URL.
 * @throws {InvalidInputError} naming every preset and parameter that is not accepted.
 */
export const createPresets = (input: unknown): Presets => {
  if (!isRecord(input)) throw InvalidInputError.at([], 'The presets must be an object of names.');
  const issues: InputIssue[] = [];
  const presets = new Map<string, Preset>();
  for (const [name, value] of Object.entries(input)) {
    const { eager = false, ...parameters } = isRecord(value) ? value : {};
    const query = isRecord(value) ? queryOf(parameters) : null;
    if (!namePattern.test(name)) {
      issues.push({ path: [name], message: 'must be a name of 1 to 64 letters, digits, - and _.' });
    } else if (query === null) {
      issues.push({ path: [name], message: accepted });
    } else if (typeof eager !== 'boolean') {
      issues.push({ path: [name, 'eager'], message: 'must be true or false.' });
    } else {
      try {
        const { transform, version } = parseTransformQuery(query);
        if (version !== null)
          issues.push({ path: [name, 'v'], message: 'belongs to one image and is not accepted here.' });
        presets.set(name, { transform, eager });
      } catch (error) {
        if (!(error instanceof InvalidInputError)) throw error;
        issues.push(...error.within([name]).issues);
      }
    }
  }
  if (issues.length > 0) throw new InvalidInputError(issues);
  return presets;
};

/** @throws {InvalidInputError} for a name that no preset has. */
export const requirePreset = (presets: Presets, name: string): Transform => {
  const preset = presets.get(name);
  if (preset) return preset.transform;
  throw InvalidInputError.at(
    ['preset'],
    presets.size === 0 ? 'This server has no presets.' : `must be one of ${[...presets.keys()].join(', ')}.`,
  );
};
