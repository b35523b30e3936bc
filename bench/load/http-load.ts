import { performance } from 'node:perf_hooks';
import autocannon, { type Client } from 'autocannon';
import type { Pace } from '../pace.js';

export interface LoadRequest {
  readonly url: string;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const connections = 20;
const sampleMs = 100;
const saturated = 0.95;

/** Nobody looks at the bodies: to decode an image as text would take autocannon ten times as long as to ask for it. */
const dropBodies = (client: Client): void => {
  client.pipelinedRequests.addBody = () => undefined;
};

/** Asks one thing again and again. It runs in the benchmark's process; servers have their own. */
export class HttpLoad {
  #busiest = 0;

  constructor(private readonly pace: Pace) {}

  /** Requests answered per second. */
  async perSecond(request: LoadRequest, status: number): Promise<number> {
    const before = performance.eventLoopUtilization();
    const result = await autocannon({
      ...request,
      connections,
      duration: this.pace.seconds,
      sampleInt: sampleMs,
      setupClient: dropBodies,
    });
    const { utilization } = performance.eventLoopUtilization(before);
    this.#busiest = Math.max(this.#busiest, utilization);
    const { [status]: expected, ...others } = result.statusCodeStats;
    if (!expected || result.errors > 0 || Object.keys(others).length > 0) {
      throw new Error(`${request.url} answered ${JSON.stringify(result.statusCodeStats)}, ${result.errors} errors.`);
    }
    return expected.count / result.duration;
  }

  /** Tells where this process, and not a server, was the limit: then the ratio is nearer to 1 than the truth. */
  get note(): { note?: string } {
    return this.#busiest > saturated ? { note: `load generator ${Math.round(this.#busiest * 100)} % busy` } : {};
  }
}
