import type { FastifyInstance } from 'fastify';

export interface MetricsText {
  readonly contentType: string;
  text(): Promise<string>;
}

/** `GET /metrics`: the counts of the process for Prometheus. */
export const metricsRoute = (server: FastifyInstance, metrics: MetricsText): void => {
  server.get('/metrics', { config: { rateLimit: false } }, async (_request, reply) =>
    reply.headers({ 'content-type': metrics.contentType, 'cache-control': 'no-store' }).send(await metrics.text()),
  );
};
