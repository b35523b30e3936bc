import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkFileName, cleanFileName, nameInUrl, savedNameOf } from '../../../src/domain/images/file-name.js';
import type { PublicId } from '../../../src/domain/images/image.js';

const maxBytes = 255;
const hostileCharacters = [
  '/',
  '\\',
  '\0',
  '\r',
  '\n',
  '"',
  ';',
  '%',
  '\u202e',
  '\u2066',
  '\ud800',
  '.',
  ' ',
  'é',
  '🧀',
];
const hostileText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.array(fc.constantFrom(...hostileCharacters), { maxLength: 400 }).map((parts) => parts.join('')),
);

test.each([
  ['holiday.jpg', 'holiday.jpg'],
  ['  Käse 🧀.png ', 'Käse 🧀.png'],
  ['C:\\photos\\me.jpg', 'me.jpg'],
  ['../../etc/passwd', 'passwd'],
  ['a\u202egnp.exe', 'agnp.exe'],
  ['line\r\nbreak.png', 'linebreak.png'],
  ['', null],
  ['..', null],
  ['folder/', null],
  ['blob', null],
])('of the name %j, %j is kept', (text, expected) => {
  expect(cleanFileName(text, maxBytes)).toBe(expected);
});

test('a long name is cut between characters, and keeps its extension', () => {
  expect(cleanFileName(`${'x'.repeat(300)}.jpeg`, maxBytes)).toBe(`${'x'.repeat(250)}.jpeg`);
  expect(cleanFileName(`${'🧀'.repeat(100)}.png`, maxBytes)).toBe(`${'🧀'.repeat(62)}.png`);
});

test('whatever a client sends, a kept name fits, has no folder and nothing that cannot be displayed, and stays as it is', () => {
  fc.assert(
    fc.property(hostileText, (text) => {
      const name = cleanFileName(text, maxBytes);
      if (name === null) return;
      expect(Buffer.byteLength(name)).toBeLessThanOrEqual(maxBytes);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there
      expect(name).not.toMatch(/[/\\\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/);
      expect(name.isWellFormed()).toBe(true);
      expect(cleanFileName(name, maxBytes)).toBe(name);
      expect(() => checkFileName(name, maxBytes)).not.toThrow();
    }),
    { numRuns: 2_000 },
  );
});

test('whatever a name is, it is one segment of a URL that HTML, CSS and `srcset` leave whole', () => {
  fc.assert(
    fc.property(hostileText, (text) => {
      const segment = nameInUrl({ fileName: cleanFileName(text, maxBytes) }, 'image/webp');
      expect(segment).toMatch(/^$|^\/[A-Za-z0-9._~%-]+\.webp$/);
      if (segment) expect(new URL(`http://localhost/images/x${segment}?v=1`).pathname).toBe(`/images/x${segment}`);
    }),
    { numRuns: 2_000 },
  );
});

test('the extension is that of what is served, whatever the client called it', () => {
  const image = { publicId: 'abc' as PublicId, mimeType: 'image/png' } as const;
  expect(nameInUrl({ fileName: 'cat.JPEG' }, 'image/jpeg')).toBe('/cat.jpg');
  expect(nameInUrl({ fileName: 'report v1.2' }, 'image/avif')).toBe('/report%20v1.2.avif');
  expect(nameInUrl({ fileName: '.png' }, 'image/png')).toBe('');
  expect(nameInUrl({ fileName: null }, 'image/png')).toBe('');
  expect(savedNameOf({ ...image, fileName: 'setup.exe' })).toBe('setup.exe.png');
  expect(savedNameOf({ ...image, fileName: 'cat.jpg' })).toBe('cat.png');
  expect(savedNameOf({ ...image, fileName: null })).toBe('abc.png');
});
