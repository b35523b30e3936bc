import { MetalFault } from './metal-fault.js';

const truths = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const falsehoods = new Set(['', '0', 'f', 'F', 'FALSE', 'false', 'False']);

/**
 * A switch in the query of a URL. "Parsed by Go strconv.ParseBool; empty = absent." If a parameter is repeated, the first one wins.
 * @throws {MetalFault} 400
 */
export const parseSwitch = (url: string, name: string): boolean => {
  const query = url.includes('?') ? url.slice(url.indexOf('?')) : '';
  const text = new URLSearchParams(query).get(name) ?? '';
  if (truths.has(text)) return true;
  if (falsehoods.has(text)) return false;
  throw new MetalFault(400, `strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
};
