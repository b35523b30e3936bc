import type { Pace } from './pace.js';
import type { Sources } from './sources/sources.js';
import type { Workspace } from './workspace.js';

/** What a measurement is held to: a ratio, a figure where there is no baseline, or the ratio of the processor times. */
export type Target = { readonly atLeast: number } | { readonly atMost: number } | { readonly cpuAtMost: number };

/** What was found, in the row's unit. */
interface Measurement {
  readonly figure: number;
  /** The same of what it is compared with, where it is compared. */
  readonly baseline?: number;
  /** What is judged where there is a baseline. */
  readonly ratio?: number;
  /** Processor time of one operation in microseconds, of the product and of its baseline, where operations are counted. */
  readonly cpuUs?: number;
  readonly baselineCpuUs?: number;
  /** What a reader of the figures has to know. */
  readonly note?: string;
}

export type Outcome = Measurement | { readonly skipped: string };

/** What a row works with. */
export interface RowContext {
  readonly workspace: Workspace;
  readonly sources: Sources;
  readonly pace: Pace;
}

/** One line of the table. */
export interface Row {
  /** As `--only` names it. */
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  /** None where the figures are read, not judged. */
  readonly target?: Target;
  measure(context: RowContext): Promise<Outcome>;
}
