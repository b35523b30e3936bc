import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { variantEtag } from '../../src/domain/delivery/transform/plan-variant.js';
import { createTransform, type TransformFields } from '../../src/domain/delivery/transform/transform.js';
import type { OutputFormat, Sha256 } from '../../src/domain/images/image.js';
import { defaultLimits } from '../../src/domain/limits.js';
import { createImageProcessor } from '../../src/pipeline/processor.js';
import { noisePng } from '../support/sample-images.js';
import { planFor, renderSource } from './render-file.js';

const processor = createImageProcessor(defaultLimits);
const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Renders by many transforms, and records which ETags came with which bytes. */
class Results {
  readonly #etagsByBytes = new Map<string, Set<string>>();
  readonly #bytesByEtag = new Map<string, Set<string>>();

  constructor(private readonly source: Buffer) {}

  async add(fields: TransformFields, format: OutputFormat): Promise<void> {
    const plan = await planFor(this.source, createTransform(fields), format);
    const etag = variantEtag('a'.repeat(64) as Sha256, plan);
    const bytes = hash(await processor.render(await renderSource(this.source), plan));
    for (const [map, key, value] of [
      [this.#etagsByBytes, bytes, etag],
      [this.#bytesByEtag, etag, bytes],
    ] as const) {
      map.set(key, (map.get(key) ?? new Set()).add(value));
    }
  }

  /** How many different results there were, each of which must have had one ETag, and each ETag one result. */
  get count(): number {
    for (const values of [...this.#etagsByBytes.values(), ...this.#bytesByEtag.values()]) expect(values.size).toBe(1);
    return this.#etagsByBytes.size;
  }
}

const fraction = fc.double({ min: 0, max: 1, noNaN: true });
const point = fc.record({ x: fraction, y: fraction });

test.each([
  // a crop of 30 x 30 from 45 x 30 has 16 places; one of 40 x 40 from 60 x 40, enlarged to 80 x 80, has 21
  ['shrunk', { size: { width: 30, height: 30 } }, 16],
  ['enlarged', { size: { width: 80, height: 80 }, enlarge: true }, 21],
])(
  'of a crop that is %s, each place has one ETag, whatever the decimals of the focus',
  async (_case, fields, places) => {
    const results = new Results(await noisePng({ width: 60, height: 40 }));
    await fc.assert(
      fc.asyncProperty(point, (focus) => results.add({ ...fields, focus }, 'png')),
      { numRuns: 200 },
    );
    for (let step = 0; step <= 100; step += 1)
      await results.add({ ...fields, focus: { x: step / 100, y: 0.5 } }, 'png');
    await results.add({ ...fields, focus: 'center' }, 'png');
    expect(results.count).toBe(places);
  },
);

/** Few values of each parameter, so that many combinations come to the same. */
const fields: fc.Arbitrary<TransformFields> = fc.record({
  size: fc.constantFrom(
    ...[0, 1, 8, 12, 24, 48].flatMap((width) => [0, 1, 8, 16].map((height) => ({ width, height }))),
  ),
  fit: fc.constantFrom('cover', 'contain', 'inside', 'fill'),
  dpr: fc.constantFrom(1, 1.5, 2),
  enlarge: fc.boolean(),
  focus: fc.oneof(fc.constant('center' as const), point),
  quality: fc.constantFrom(null, 30, 90),
  background: fc.constantFrom(null, 'fff', 'ff0000', 'ff000080', 'ff000000', '00000000'),
});

test.each<[string, OutputFormat, () => Promise<Buffer>]>([
  ['opaque source as PNG', 'png', () => noisePng({ width: 24, height: 16 })],
  ['translucent source as PNG', 'png', () => noisePng({ width: 24, height: 16 }, 4)],
  ['translucent source as JPEG', 'jpeg', () => noisePng({ width: 24, height: 16 }, 4)],
])('of an %s, combinations of parameters with one result have one ETag', async (_case, format, make) => {
  const results = new Results(await make());
  await fc.assert(
    fc.asyncProperty(fields, (given) => results.add(format === 'jpeg' ? { ...given, quality: 80 } : given, format)),
    { numRuns: 500 },
  );
  expect(results.count).toBeGreaterThan(10);
});

test('a blur of a single pixel is none', async () => {
  const results = new Results(await noisePng({ width: 24, height: 16 }));
  for (const blur of [null, 0.5, 5, 100]) await results.add({ size: { width: 1, height: 1 }, blur }, 'png');
  expect(results.count).toBe(1);
});
