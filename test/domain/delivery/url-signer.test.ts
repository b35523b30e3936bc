import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UrlSigner } from '../../../src/domain/delivery/url-signer.js';

const key = 'a'.repeat(32);
const otherKey = 'b'.repeat(32);
const signer = new UrlSigner([key]);
const verified = (url: string, by = signer) => by.open(url, new Date(0))?.target;

describe('a signed URL', () => {
  // by OpenSSL: printf %s /images/abc | openssl dgst -sha256 -hmac aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa -binary | basenc --base64url
  test.each([
    ['/images/abc', 'HQNlcrQ5uSELZYzSe-4ccOJOpcSejP2RA7EC5Q-7mzo'],
    ['/images/abc/a%20name.jpg?format=webp&size=10x10&v=3', 'qw5YhGiOP90llcQntFtQStPqh32EIJ3BOsYPOkM2cVw'],
    ['/x?exp=1', 'TVVo_oDWi8npG6zI9xPAJeCOTV523cDNtyrYFmk0Whw'],
  ])('%s has the signature that OpenSSL computes for it, as its last parameter', (target, signature) => {
    const separator = target.includes('?') ? '&' : '?';
    expect(signer.sign(target)).toBe(`${target}${separator}sig=${signature}`);
    expect(verified(signer.sign(target))).toBe(target.replace('?exp=1', ''));
  });

  test('is what the code of docs/delivery.md prints', async () => {
    const page = await readFile(new URL('../../../docs/delivery.md', import.meta.url), 'utf8');
    const [, code = ''] = /```js\n(import \{ createHmac \}.*?)```/s.exec(page) ?? [];
    const env = { ...process.env, SIGNING_KEY: key };
    const printed = execFileSync(process.execPath, ['--input-type=module', '-e', code], { env }).toString().trim();
    const target = printed.replace('https://images.example.com', '').replace(/&sig=.*$/, '');
    expect(printed).toBe(`https://images.example.com${signer.sign(target)}`);
    expect(target).toContain('exp=1893456000&format=webp');
  });

  test('has no valid signature after any change of one character, its signature included', () => {
    const url = signer.sign('/images/abc?format=webp&size=10x10&v=3');
    fc.assert(
      fc.property(fc.nat(url.length - 1), fc.integer({ min: 0x20, max: 0x7e }), (index, code) => {
        const changed = url.slice(0, index) + String.fromCharCode(code) + url.slice(index + 1);
        expect(verified(changed)).toBe(changed === url ? '/images/abc?format=webp&size=10x10&v=3' : undefined);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ['without a signature', (url: string) => url.replace(/&sig=.*/, '')],
    ['with an empty one', (url: string) => url.replace(/sig=.*/, 'sig=')],
    ['with something behind it', (url: string) => `${url}&v=4`],
    ['with it twice', (url: string) => `${url}&${url.slice(-47)}`],
    ['with it in front', (url: string) => url.replace(/^(.*)\?(.*)&(sig=.*)$/, '$1?$3&$2')],
    [
      'with its parameters in another order',
      (url: string) => url.replace('format=webp&size=10x10', 'size=10x10&format=webp'),
    ],
    ['with an escape', (url: string) => url.replace('webp', '%77ebp')],
    ['with an escaped escape', (url: string) => url.replace('webp', '%2577ebp')],
    ['with = behind the signature', (url: string) => `${url}=`],
  ])('%s is not verified', (_case, change) => {
    const url = signer.sign('/images/abc?format=webp&size=10x10');
    expect(verified(url)).toBeDefined();
    expect(verified(change(url))).toBeUndefined();
  });

  test('is verified by each key, and signed by the first', () => {
    const rotated = new UrlSigner([otherKey, key]);
    const url = signer.sign('/images/abc?v=1');
    expect(verified(url, rotated)).toBe('/images/abc?v=1');
    expect(rotated.sign('/images/abc?v=1')).toBe(new UrlSigner([otherKey]).sign('/images/abc?v=1'));
    expect(verified(url, new UrlSigner([otherKey]))).toBeUndefined();
  });

  test('with its parameters spread over a path that ends as a query does is another URL', () => {
    // the same signed text, but no query begins before the signature
    const url = signer.sign('/images/abc');
    expect(verified(url.replace('?sig=', '&sig='))).toBeUndefined();
  });
});
