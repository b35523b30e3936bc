/** A statement ran into its time limit and was stopped. */
export class ScanInterruptedError extends Error {}
