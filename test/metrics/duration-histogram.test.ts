import fc from 'fast-check';
import { Histogram, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { DurationHistogram } from '../../src/metrics/duration-histogram.js';

const options = { name: 'request_seconds', help: 'Requests.', buckets: [0.001, 0.25, 1] };
const labels = [
  { method: 'GET', route: '/a/:id("x")', status: 200 },
  { method: 'GET', route: '/a/:id("x")', status: 304 },
];

test('a registry shows it as it shows a histogram of its own', async () => {
  const seconds = fc.oneof(fc.double({ min: 0, max: 2, noNaN: true }), fc.constantFrom(...options.buckets));
  await fc.assert(
    fc.asyncProperty(fc.array(seconds), fc.array(seconds), async (first, second) => {
      const [registry, reference] = [new Registry(), new Registry()];
      const own = new Histogram({ ...options, labelNames: ['method', 'route', 'status'], registers: [reference] });
      const histogram = new DurationHistogram(options);
      registry.registerMetric(histogram as unknown as Histogram);
      for (const [index, durations] of [first, second].entries()) {
        for (const duration of durations) {
          histogram.observe(String(index), labels[index] ?? {}, duration);
          own.observe(labels[index] ?? {}, duration);
        }
      }
      expect(await registry.metrics()).toBe(await reference.metrics());
    }),
  );
});
