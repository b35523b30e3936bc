import { GraphQLError } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as errors from '../src/domain/errors.js';
import { defaultLimits } from '../src/domain/limits.js';
import { presentError } from '../src/graphql/present-errors.js';
import { gleanErrorHandler } from '../src/vendors/glean/errors.js';
import { metalErrorHandler } from '../src/vendors/metal/errors.js';
import { moovErrorHandler } from '../src/vendors/moov/errors.js';
import { createBareServer } from './support/bare-server.js';
import { sampleImage, sampleMetalImage } from './support/samples.js';

/** One failure of each code; the compiler asks for those that are added. */
const samples: Record<errors.ErrorCode, errors.DomainError> = {
  CONFLICT: new errors.ConflictError('It changed meanwhile.', sampleMetalImage('image-1')),
  CORRUPT_IMAGE: new errors.CorruptImageError('its end is missing'),
  CURSOR_EXPIRED: new errors.CursorExpiredError('cursor'),
  DUPLICATE_IMAGE: new errors.DuplicateImageError(sampleImage()),
  FETCH_FAILED: new errors.FetchFailedError('its host responded with the status 404', 404),
  FORBIDDEN: new errors.ForbiddenError('This needs another key.'),
  IMAGE_LIMIT_REACHED: new errors.ImageLimitReachedError(300),
  IMAGE_TOO_LARGE: new errors.ImageTooLargeError(16),
  INVALID_INPUT: errors.InvalidInputError.at(['altText'], 'Takes less.'),
  METAL_IMAGE_IN_USE: new errors.MetalImageInUseError('image-1', ['machine-1']),
  NOT_ACCEPTABLE: new errors.NotAcceptableError('There is image/png.'),
  NOT_FOUND: new errors.NotFoundError('No image has this id.'),
  QUERY_TIMEOUT: new errors.QueryTimeoutError(5, ['altTextContains']),
  RATE_LIMITED: new errors.TooManyAttemptsError(30, 7),
  RENDER_TIMEOUT: new errors.RenderTimeoutError(10),
  STORAGE_FULL: new errors.StorageFullError(67_108_864),
  TOO_MANY_PIXELS: new errors.TooManyPixelsError(defaultLimits, { width: 9, height: 9, frameCount: 1 }),
  UNAUTHENTICATED: new errors.UnauthenticatedError('This needs a key.'),
  UNAVAILABLE: new errors.UnavailableError('Try again in a moment.', 7),
  UNSUPPORTED_IMAGE: new errors.UnsupportedImageError('gif'),
  UPLOAD_LIMIT_REACHED: new errors.UploadLimitReachedError(100, 3_600),
  WEBHOOK_LIMIT_REACHED: new errors.WebhookLimitReachedError(10),
};

const unexpected = new Error('a secret of the house');
const restTransports = {
  http: null,
  moov: moovErrorHandler(),
  glean: gleanErrorHandler,
  metal: metalErrorHandler,
};

const server = createBareServer();
beforeAll(async () => {
  for (const [transport, handler] of Object.entries(restTransports)) {
    await server.register(async (scope) => {
      if (handler) scope.setErrorHandler(handler);
      scope.get<{ Params: { code: string } }>(`/${transport}/:code`, async ({ params }) => {
        throw samples[params.code as errors.ErrorCode] ?? unexpected;
      });
    });
  }
});
afterAll(() => server.close());

describe.each(Object.keys(restTransports))('by %s', (transport) => {
  test.each(errors.errorCodes)('%s is a failure with a message for the caller', async (code) => {
    const response = await server.inject(`/${transport}/${code}`);
    expect(response.statusCode).toBeGreaterThanOrEqual(400);
    expect(response.statusCode === (code === 'STORAGE_FULL' ? 507 : 503) || response.statusCode < 500).toBe(true);
    // metal-stack's Go client reads an error only from text
    expect(response.headers['content-type']).toMatch(transport === 'metal' ? /^text\/plain/ : /json/);
    expect(response.headers['cache-control']).toBe('no-store');
    expect(response.headers['x-request-id']).toBeTruthy();
    expect(response.headers['retry-after']).toBe(errors.isRetryable(samples[code]) ? '7' : undefined);
    const ownWords = code === 'INVALID_INPUT' ? 'Takes less.' : samples[code].message;
    const isVendors = transport === 'metal' && code === 'METAL_IMAGE_IN_USE';
    const words = isVendors ? 'image image-1 is in use by machines:[machine-1]' : ownWords;
    expect(JSON.stringify(response.json())).toContain(JSON.stringify(words).slice(1, -1));
  });

  test('an unexpected error is reported as a failure and nothing more', async () => {
    const response = await server.inject(`/${transport}/UNEXPECTED`);
    expect(response.statusCode).toBe(500);
    expect(response.body).not.toContain('secret');
  });
});

describe('by GraphQL', () => {
  const log = { error: () => undefined };
  const located = (cause: Error) => new GraphQLError(cause.message, { originalError: cause, path: ['image'] });

  test.each(errors.errorCodes)('%s outside a union has its code and its words', (code) => {
    const shown = presentError(located(samples[code]), log);
    expect(shown.message).toBe(samples[code].message);
    expect(shown.extensions['code']).toBe(code);
    expect(shown.path).toEqual(['image']);
  });

  test('what was not expected is masked and logged once', () => {
    const logged: unknown[] = [];
    const shown = presentError(located(unexpected), { error: (entry: unknown) => void logged.push(entry) });
    expect(JSON.stringify(shown)).not.toContain('secret');
    expect(shown.extensions['code']).toBe('INTERNAL_SERVER_ERROR');
    expect(logged).toMatchObject([{ err: unexpected }]);
  });
});
