import { describe, expect, test } from 'vitest';
import { MoovFault } from '../../../src/vendors/moov/moov-fault.js';
import { parseVersion, reportsDuplicate } from '../../../src/vendors/moov/version.js';

describe('X-Moov-Version', () => {
  test.each([
    [undefined, 'v2024.01.00'],
    ['', 'v2024.01.00'],
    ['v2024.01.00', 'v2024.01.00'],
    ['v2026.07.00', 'v2026.07.00'],
    ['v2026.10.00', 'v2026.10.00'],
    ['latest', 'v2026.07.00'],
    ['dev', 'v2026.07.00'],
    ['v2026.08.00', 'v2026.07.00'],
    ['v2026.07.05', 'v2026.07.00'],
    ['v2025.12.99', 'v2025.10.00'],
    ['v2031.01.00', 'v2026.10.00'],
    ['v1999.01.00', 'v2024.01.00'],
    ['v2026.10.00, v2026.10.00', 'v2026.10.00'],
    [' v2026.07.00 ,v2026.07.00,, v2026.07.00', 'v2026.07.00'],
    ['latest, latest', 'v2026.07.00'],
    [', ', 'v2024.01.00'],
  ])('%s is read as %s', (header, version) => {
    expect(parseVersion(header)).toBe(version);
  });

  test.each([
    '2022',
    'v2026.7.0',
    'V2026.07.00',
    'v2026.07.00, v2026.10.00',
    'v2026.07',
    'LATEST',
    '__proto__',
    'v2026.07.00, 2022',
    'latest, dev',
  ])('%s is malformed and 404', (header) => {
    expect(() => parseVersion(header)).toThrow(expect.objectContaining({ statusCode: 404, name: MoovFault.name }));
  });

  test('only from v2026.10.00 on the response to a duplicate is the image itself', () => {
    expect(reportsDuplicate(parseVersion('v2026.07.00'))).toBe(false);
    expect(reportsDuplicate(parseVersion('v2026.10.00'))).toBe(true);
  });
});
