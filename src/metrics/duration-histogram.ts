type Labels = Readonly<Record<string, string | number>>;

export interface DurationHistogramOptions {
  readonly name: string;
  readonly help: string;
  /** The upper bounds of the buckets in seconds, the least first. */
  readonly buckets: readonly number[];
}

/** The durations of what has the same labels. */
interface Series {
  readonly labels: Labels;
  /** How many fell into each bucket, and last those beyond. */
  readonly counts: number[];
  sum: number;
}

/**
 * A histogram for what happens tens of thousands of times in a second: prom-client's own checks and hashes its labels each time,
 * which is a tenth of a hot request. A registry shows it like one of its own: all that it needs of a metric is a name and the values.
 */
export class DurationHistogram {
  readonly name: string;
  readonly #series = new Map<string, Series>();

  constructor(private readonly options: DurationHistogramOptions) {
    this.name = options.name;
  }

  /** @param key Stands for the labels, and for no others. */
  observe(key: string, labels: Labels, seconds: number): void {
    const { buckets } = this.options;
    let series = this.#series.get(key);
    if (!series) {
      series = { labels, counts: Array.from({ length: buckets.length + 1 }, () => 0), sum: 0 };
      this.#series.set(key, series);
    }
    const bucket = buckets.findIndex((bound) => seconds <= bound);
    const index = bucket === -1 ? buckets.length : bucket;
    series.counts[index] = (series.counts[index] ?? 0) + 1;
    series.sum += seconds;
  }

  /** What a registry reads, in the form of prom-client's own metrics. */
  async get() {
    const { name, help, buckets } = this.options;
    const values = [...this.#series.values()].flatMap(({ labels, counts, sum }) => {
      let count = 0;
      const upTo = [...buckets, '+Inf'].map((le, index) => {
        count += counts[index] ?? 0;
        return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: count };
      });
      return [
        ...upTo,
        { metricName: `${name}_sum`, labels, value: sum },
        { metricName: `${name}_count`, labels, value: count },
      ];
    });
    return { name, help, type: 'histogram', values };
  }
}
