/** How long is measured. Every count of the benchmark is bounded by it. */
export interface Pace {
  /** Alternations of product and baseline, of which the median counts. */
  readonly rounds: number;
  /** How long one round keeps a server busy, where a round is a time. */
  readonly seconds: number;
  /** What counts of requests are multiplied by, where a round is a number of them. */
  readonly share: number;
}

export const fullPace: Pace = { rounds: 5, seconds: 3, share: 1 };

/** Shows that everything runs; its ratios mean little. */
export const quickPace: Pace = { rounds: 3, seconds: 1, share: 0.1 };

/** A count of the full pace at this one, never none. */
export const scaled = (count: number, { share }: Pace): number => Math.max(4, Math.round(count * share));
