/** Walks through the units of a scan and counts them. Values are skipped: only their number of bits matters. */
export interface BlockReader {
  /** The units that were read so far. */
  readonly done: number;
  /**
   * Reads units from a bit on until `end` are done or the next begins behind the limit.
   * @returns the bit behind the last one
   */
  read(bits: DataView, start: number, limit: number, end: number): number;
  /** Resets what a restart resets. */
  restart(): void;
}
