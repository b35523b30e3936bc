import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { promisify } from 'node:util';
import autocannon, { type Client } from 'autocannon';
import type { Sample } from '../compare.js';
import { findProgram } from '../find-program.js';
import type { Pace } from '../pace.js';
import { projectFolder } from '../workspace.js';

export interface LoadRequest {
  readonly url: string;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const connections = 20;
const sampleMs = 100;
const saturated = 0.95;

const run = promisify(execFile);

/** Nobody looks at the bodies: to decode an image as text would take autocannon ten times as long as to request it. */
const dropBodies = (client: Client): void => {
  client.pipelinedRequests.addBody = () => undefined;
};

/**
 * Sends one request again and again, by wrk where it is installed. autocannon, which runs in the benchmark's own process, needs more
 * processor time for a request than most servers, and is then the limit.
 */
export class HttpLoad {
  readonly #wrkPath = findProgram('wrk');
  #busiest = 0;

  constructor(private readonly pace: Pick<Pace, 'seconds'>) {}

  /** Requests per second; fails if one of them has another status than the first. */
  async perSecond(request: LoadRequest, status: number): Promise<Sample> {
    if (!this.#wrkPath) return this.#byAutocannon(request, status);
    await checkOnce(request, status);
    return this.#byWrk(this.#wrkPath, request);
  }

  /** Which generator it was, if it was the limit: then the ratio is nearer to 1 than the truth. */
  get note(): { note?: string } {
    if (this.#wrkPath) return {};
    const percent = Math.round(this.#busiest * 100);
    const limit = this.#busiest > saturated ? ': it was the limit' : '';
    return { note: `autocannon, ${percent} % busy${limit} (install wrk)` };
  }

  async #byWrk(wrkPath: string, { url, method = 'GET', headers = {}, body }: LoadRequest): Promise<Sample> {
    const { stdout } = await run(
      wrkPath,
      [
        '--threads=1',
        `--connections=${connections}`,
        `--duration=${this.pace.seconds}s`,
        `--script=${join(projectFolder, 'bench/load/wrk.lua')}`,
        ...Object.entries(headers).map(([name, value]) => `--header=${name}: ${value}`),
        url,
      ],
      { env: { BENCH_METHOD: method, ...(body === undefined ? {} : { BENCH_BODY: body }) } },
    );
    const json = /^RESULT (.*)$/m.exec(stdout)?.[1];
    if (!json) throw new Error(`wrk printed no result:\n${stdout}`);
    const { requests, microseconds, failed } = JSON.parse(json) as Record<string, number>;
    if (!requests || !microseconds || failed) throw new Error(`${url} failed ${failed} times of ${requests}.`);
    return { figure: (requests * 1_000_000) / microseconds, operations: requests };
  }

  async #byAutocannon(request: LoadRequest, status: number): Promise<Sample> {
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
      throw new Error(`${request.url} returned ${JSON.stringify(result.statusCodeStats)}, ${result.errors} errors.`);
    }
    return { figure: expected.count / result.duration, operations: expected.count };
  }
}

/** wrk counts the statuses from 400 only. */
const checkOnce = async ({ url, ...init }: LoadRequest, status: number): Promise<void> => {
  const response = await fetch(url, init);
  const text = await response.text();
  if (response.status !== status) throw new Error(`${url} returned ${response.status} in place of ${status}: ${text}`);
};
