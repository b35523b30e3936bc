import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  acceptedFor,
  formatVersion,
  type MetalVersion,
  parseImageName,
  parseVersion,
  versionOfNormalised,
} from '../../../src/domain/metal/metal-image.js';

const parsed = (id: string) => {
  const name = parseImageName(id);
  return 'fault' in name ? name.fault : [name.os, formatVersion(name.version)];
};

describe('an id', () => {
  test.each([
    ['ubuntu-19.4', 'ubuntu', '19.4.0'],
    ['ubuntu-19.4.20200408', 'ubuntu', '19.4.20200408'],
    ['ubuntu-small-19.4.20200408', 'ubuntu-small', '19.4.20200408'],
    ['ubuntu-slim-19.4.20200408', 'ubuntu-slim', '19.4.20200408'],
    ['ubuntu-is-very-small-19.4.20200408', 'ubuntu-is-very-small', '19.4.20200408'],
    ['-ubuntu-19.4.20200408', '-ubuntu', '19.4.20200408'],
    ['firewall-2.4.20200408', 'firewall', '2.4.20200408'],
    ['firewall-ubuntu-2.4.20200408', 'firewall-ubuntu', '2.4.20200408'],
    // the oldest release's copy of the table, with leading zeros
    ['ubuntu-19.04', 'ubuntu', '19.4.0'],
    ['ubuntu-19.04.20200408', 'ubuntu', '19.4.20200408'],
    ['ubuntu-small-19.04.20200408', 'ubuntu-small', '19.4.20200408'],
    ['ubuntu-is-very-small-19.04.20200408', 'ubuntu-is-very-small', '19.4.20200408'],
    ['-ubuntu-19.04.20200408', '-ubuntu', '19.4.20200408'],
    ['firewall-2.04.20200408', 'firewall', '2.4.20200408'],
    ['firewall-ubuntu-2.04.20200408', 'firewall-ubuntu', '2.4.20200408'],
    ['firewall-2', 'firewall', '2.0.0'],
    ['-2', '', '2.0.0'],
  ])('%s is of %s in version %s', (id, os, version) => {
    expect(parsed(id)).toEqual([os, version]);
  });

  test.each(['ubuntu', '', 'ubuntu_19.4', '19.4'])('%j has no dash: the error names the format', (id) => {
    expect(parsed(id)).toEqual({ kind: 'no-version', value: id });
  });
});

describe('a version', () => {
  test.each([
    ['v20.4', '20.4.0'],
    ['020.004.0007', '20.4.7'],
    ['20.4.20200502+b', '20.4.20200502'],
    ['1+build.5.X', '1.0.0'],
    ['0', '0.0.0'],
    ['18446744073709551615.00018446744073709551615.1', '18446744073709551615.18446744073709551615.1'],
  ])('%s is read leniently, as %s', (text, normalised) => {
    const version = parseVersion(text);
    expect('fault' in version ? version.fault.kind : formatVersion(version)).toBe(normalised);
  });

  test.each([
    '',
    'x',
    '1.2.3.4',
    'V1',
    'vv1',
    '1.',
    '.1',
    '1..2',
    '1.x',
    '1+',
    '1+a..b',
    ' 1',
    '1\n',
    '1.-2',
    '１',
    '1e3',
  ])('%j is none', (text) => {
    expect(parseVersion(text)).toEqual({ fault: { kind: 'malformed-version', value: text } });
  });

  test.each([
    ['18446744073709551616', '18446744073709551616'],
    ['1.2.99999999999999999999', '99999999999999999999'],
    ['1.018446744073709551616.99999999999999999999', '018446744073709551616'],
  ])('%s is refused with the first number that has more than 64 bits', (text, digits) => {
    expect(parseVersion(text)).toEqual({ fault: { kind: 'number-out-of-range', value: digits } });
  });

  const number = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  const versions: fc.Arbitrary<MetalVersion> = fc.record({ major: number, minor: number, patch: number });

  test('comes back from its normalised text', () => {
    fc.assert(
      fc.property(versions, (version) => {
        expect(versionOfNormalised(formatVersion(version))).toEqual(version);
      }),
    );
  });

  test.each(['19.4', '19.04.0', 'v19.4.0', '19.4.0+b', 'x', ''])('%j is no normalised text', (text) => {
    expect(versionOfNormalised(text)).toBeUndefined();
  });
});

test.each([
  ['ubuntu-20.4.20200502', { major: 20n, minor: 4n, patch: 20200502n }],
  ['ubuntu-0.0.1', { major: 0n, minor: 0n, patch: 1n }],
  ['ubuntu-20.4', { major: 20n, minor: 4n }],
  ['ubuntu-20.4.0', { major: 20n, minor: 4n }],
  ['ubuntu-0.4', { major: 0n, minor: 4n }],
  // not all of 19.x: the vendor normalises before it compares
  ['ubuntu-19', { major: 19n, minor: 0n }],
  ['ubuntu-0.0.0', {}],
  ['ubuntu-0', {}],
])('%s accepts the versions that share %o', (id, accepted) => {
  const name = parseImageName(id);
  expect('fault' in name ? name.fault : acceptedFor(name.version)).toEqual(accepted);
});
