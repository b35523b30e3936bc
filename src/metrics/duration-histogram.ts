type Labels = Readonly<Record<string, string | number>>;

export interface DurationHistogramOptions {
  readonly name: string;
  readonly help: string;
  /** The upper bounds of the buckets in seconds, the least first. */
  readonly buckets: readonly number[];
}

/** The durations of what has the same labels. */
export class DurationSeries {
  sum = 0;
  /** How many fell into each bucket, and last those beyond. */
  readonly counts: number[];

  constructor(private readonly buckets: readonly number[]) {
    this.counts = Array.from({ length: buckets.length + 1 }, () => 0);
  }

  observe(seconds: number): void {
    const bucket = this.buckets.findIndex((bound) => seconds <= bound);
    const index = bucket === -1 ? this.buckets.length : bucket;
    this.counts[index] = (this.counts[index] ?? 0) + 1;
    this.sum += seconds;
  }
}

/**
 * A histogram for what happens tens of thousands of times in a second: prom-client's own checks and hashes its labels each time,
 * which is a tenth of a hot request. A registry shows it like one of its own: all it asks of a metric is a name and the values.
 */
export class DurationHistogram {
  readonly name: string;
  readonly #series: { readonly labels: Labels; readonly durations: DurationSeries }[] = [];

  constructor(private readonly options: DurationHistogramOptions) {
    this.name = options.name;
  }

  /** Where durations with these labels are counted; asked for once, and kept. */
  addSeries(labels: Labels): DurationSeries {
    const durations = new DurationSeries(this.options.buckets);
    this.#series.push({ labels, durations });
    return durations;
  }

  /** What a registry reads, as prom-client's own metrics tell it. */
  async get() {
    const { name, help, buckets } = this.options;
    const values = this.#series.flatMap(({ labels, durations: { counts, sum } }) => {
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
