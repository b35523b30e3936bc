import { cpuTimeUs } from './cpu-time.js';
import { median } from './median.js';
import type { Pace } from './pace.js';
import { hasProcFs } from './resident-memory.js';

/** What one round found. */
export interface Sample {
  readonly figure: number;
  /** How many operations the round consisted of; without them there is no processor time for each. */
  readonly operations?: number;
}

export interface Side {
  /** Measures once. */
  readonly measure: () => Promise<Sample>;
  /** The process that does the work, whose processor time is counted. */
  readonly pid?: number;
}

interface Comparison {
  readonly figure: number;
  readonly baseline: number;
  readonly ratio: number;
  /** Microseconds of processor time for each operation. */
  readonly cpuUs?: number;
  readonly baselineCpuUs?: number;
}

/** One side's figures, and the processor time of each operation if it is known. */
class Rounds {
  readonly figures: number[] = [];
  readonly #cpuUs: number[] = [];

  constructor(private readonly side: Side) {}

  async add(): Promise<void> {
    const { measure, pid } = this.side;
    const countsCpu = pid !== undefined && hasProcFs;
    const before = countsCpu ? await cpuTimeUs(pid) : 0;
    const { figure, operations } = await measure();
    this.figures.push(figure);
    if (countsCpu && operations) this.#cpuUs.push(((await cpuTimeUs(pid)) - before) / operations);
  }

  get cpuUs(): number | undefined {
    return this.#cpuUs.length > 0 ? median(this.#cpuUs) : undefined;
  }
}

/**
 * Measures both sides by turns, so that what else the machine does affects both. The ratio is the median of those of the rounds;
 * which side goes first changes with each. One round that does not count goes before.
 */
export const compare = async (product: Side, baseline: Side, { rounds }: Pick<Pace, 'rounds'>): Promise<Comparison> => {
  await product.measure();
  await baseline.measure();
  const ours = new Rounds(product);
  const theirs = new Rounds(baseline);
  for (let round = 0; round < rounds; round += 1) {
    for (const side of round % 2 === 0 ? [ours, theirs] : [theirs, ours]) await side.add();
  }
  const ratios = ours.figures.map((figure, round) => figure / (theirs.figures[round] ?? Number.NaN));
  const { cpuUs } = ours;
  const { cpuUs: baselineCpuUs } = theirs;
  return {
    figure: median(ours.figures),
    baseline: median(theirs.figures),
    ratio: median(ratios),
    ...(cpuUs === undefined ? {} : { cpuUs }),
    ...(baselineCpuUs === undefined ? {} : { baselineCpuUs }),
  };
};
