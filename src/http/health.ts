import type { FastifyInstance } from 'fastify';

/** What must hold for the server to work, by the names that operators see. */
export type ReadinessChecks = Readonly<Record<string, () => Promise<void>>>;

/** A monitor may poll as often as it likes: a refusal would look like a failure. */
const unlimited = { config: { rateLimit: false } } as const;

/**
 * `GET /health/live`: the process responds. `GET /health/ready`: it can do its work, or which check failed. Neither waits behind
 * renders or uploads.
 */
export const healthRoutes = (server: FastifyInstance, checks: ReadinessChecks): void => {
  server.get('/health/live', unlimited, (_request, reply) =>
    reply.header('cache-control', 'no-store').send({ status: 'live' }),
  );

  server.get('/health/ready', unlimited, async (request, reply) => {
    const outcomes = await Promise.allSettled(Object.values(checks).map((check) => check()));
    const failed = Object.keys(checks).filter((_, index) => outcomes[index]?.status === 'rejected');
    const causes = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [String(outcome.reason)] : []));
    if (failed.length > 0) request.log.warn({ failed, causes }, 'not ready');
    return reply
      .code(failed.length > 0 ? 503 : 200)
      .header('cache-control', 'no-store')
      .send(failed.length > 0 ? { status: 'unavailable', failed } : { status: 'ready' });
  });
};
