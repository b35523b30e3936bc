import { expect, test } from 'vitest';
import { nameOfStore, parseStoreLocation } from '../../src/blobs/store-location.js';

const s3 = { kind: 's3', bucket: 'photos', prefix: '', endpoint: null, region: null, pathStyle: false };

test.each([
  ['file:blobs', { kind: 'folder', path: 'blobs' }, 'blobs'],
  ['file:///srv/a%20b', { kind: 'folder', path: '/srv/a b' }, '/srv/a b'],
  ['s3://photos', s3, 's3://photos/'],
  ['s3://photos/', s3, 's3://photos/'],
  [
    's3://photos/one/two?region=eu-central-1',
    { ...s3, prefix: 'one/two/', region: 'eu-central-1' },
    's3://photos/one/two/',
  ],
  [
    's3://photos/one//?endpoint=http://127.0.0.1:9000/&pathStyle=1',
    { ...s3, prefix: 'one/', endpoint: 'http://127.0.0.1:9000', pathStyle: true },
    's3://photos/one/ at http://127.0.0.1:9000',
  ],
])('%s is a place for originals', (text, location, name) => {
  expect(parseStoreLocation(text)).toEqual(location);
  expect(nameOfStore(parseStoreLocation(text))).toBe(name);
});

test.each([
  ['/srv/blobs', 'no known scheme'],
  ['https://photos.s3.amazonaws.com', 'no known scheme'],
  ['s3://', 'the name of a bucket'],
  ['s3://Photos/', 'the name of a bucket'],
  ['s3://photos:9000/', 'photos:9000 is not the name of a bucket'],
  ['s3://key:secret@photos', 'contains credentials'],
  ['s3://photos/a%20b', 'A prefix consists of'],
  ['s3://photos?endpoint=127.0.0.1:9000', 'The endpoint is not'],
  ['s3://photos?endpoint=ftp://host', 'The endpoint is not'],
  ['s3://photos?endpoint=https://key:secret@host', 'The endpoint is not'],
  ['s3://photos?pathStyle=yes', 'pathStyle is 0 or 1'],
  ['s3://photos?region=', 'The region is not a name'],
  ['s3://photos?region=a&region=b', 'region is repeated'],
  ['s3://photos?forcePathStyle=1', 'forcePathStyle is unknown'],
])('%s is refused with the reason and what is accepted', (text, reason) => {
  expect(() => parseStoreLocation(text)).toThrow(reason);
  expect(() => parseStoreLocation(text)).toThrow('s3://bucket/prefix?endpoint=https://host&region=name&pathStyle=1');
  const secret = /secret/;
  expect(() => parseStoreLocation(text)).not.toThrow(secret);
});
