import { createConfig, lintFromString } from '@redocly/openapi-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parameters } from '../../src/domain/delivery/transform/transform.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const load = async (headers: Record<string, string> = {}) => {
  const response = await fetch(`${server.url}/openapi.json`, { headers });
  return { response, text: await response.text() };
};

test('the document is OpenAPI 3.1 that passes the recommended rules of its linter', async () => {
  const { text, response } = await load();
  expect(response.headers.get('content-type')).toMatch(/^application\/json/);
  const config = await createConfig({ extends: ['recommended'] });
  const problems = await lintFromString({ source: text, absoluteRef: 'openapi.json', config });
  expect(problems.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer])).toEqual([]);
  expect(JSON.parse(text)).toMatchObject({ openapi: '3.1.0', servers: [{ url: server.url }] });
});

test('the document is not sent again to a client that has it', async () => {
  const { response } = await load();
  const again = await load({ 'if-none-match': response.headers.get('etag') ?? '' });
  expect(again.response.status).toBe(304);
  expect(again.text).toBe('');
});

test('the document has every parameter of a public image and each REST operation once', async () => {
  const { paths } = JSON.parse((await load()).text) as {
    paths: Record<string, Record<string, { operationId: string; parameters: { name: string; in: string }[] }>>;
  };
  const photo = paths['/images/{publicId}']?.['get'];
  const names = photo?.parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name);
  expect(names).toEqual([...Object.keys(parameters), 'v', 'preset', 'exp', 'sig']);
  const operations = Object.values(paths).flatMap((item) => Object.values(item).map(({ operationId }) => operationId));
  expect(operations.sort()).toEqual([
    'browserImages',
    'createAccessToken',
    'createMetalImage',
    'deleteImage',
    'deleteMetalImage',
    'findMetalImages',
    'getImageMetadata',
    'getLatestMetalImage',
    'getMetalImage',
    'getNamedPublicImage',
    'getOriginalImage',
    'getPublicImage',
    'images',
    'listImageMetadata',
    'listMetalImages',
    'patchImage',
    'queryMetalImages',
    'revokeAccessToken',
    'updateImage',
    'updateImageMetadata',
    'updateMetalImage',
    'uploadImage',
    'uploadimage',
  ]);
});
