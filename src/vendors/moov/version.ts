import { MoovFault } from './moov-fault.js';

/** The versions of Moov's API that its clients know, oldest first. The last is in development there. */
const versions = [
  'v2024.01.00',
  'v2025.01.00',
  'v2025.04.00',
  'v2025.07.00',
  'v2025.10.00',
  'v2026.01.00',
  'v2026.04.00',
  'v2026.07.00',
  'v2026.10.00',
] as const;
export type MoovVersion = (typeof versions)[number];

/** "Omitted => server uses v2024.01.00." */
const unstated: MoovVersion = 'v2024.01.00';
/**
 * What `latest`, which older SDKs send, and `dev`, which their development builds send, mean: not the version in development,
 * whose responses break those clients.
 */
const current: MoovVersion = 'v2026.07.00';
const names = new Map<string, MoovVersion>([
  ['', unstated],
  ['latest', current],
  ['dev', current],
]);

const wellFormed = /^v\d{4}\.\d{2}\.\d{2}$/;

/**
 * The version that a request's `X-Moov-Version` names; equal values count once. "Well-formed but unknown => newest supported version not newer than it"; one
 * older than all gets the oldest.
 * @throws {MoovFault} 404: "Malformed (e.g. `2022`) => 404."
 */
export const parseVersion = (header: string | string[] | undefined): MoovVersion => {
  // a proxy or a client may repeat the header, whose values arrive joined by commas
  const [text = '', ...others] = new Set(
    String(header ?? '')
      .split(',')
      .map((value) => value.trim())
      .filter(Boolean),
  );
  if (others.length > 0) {
    throw new MoovFault(404, `X-Moov-Version has several values: ${[text, ...others].join(', ')}. Send one version.`);
  }
  const named = names.get(text);
  if (named) return named;
  if (!wellFormed.test(text)) {
    throw new MoovFault(404, `X-Moov-Version accepts a version such as ${current}, or none for ${unstated}.`);
  }
  // the form makes the order of the texts that of the versions
  return versions.findLast((version) => version <= text) ?? unstated;
};

/** "From v2026.10.00 upload 409 body = ImageMetadata of the existing image"; clients of older versions break on it. */
export const reportsDuplicate = (version: MoovVersion): boolean => version >= 'v2026.10.00';
