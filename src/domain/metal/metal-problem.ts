/** What is wrong with a value of a metal image, for transports that have words of their own for it. */
export interface MetalProblem {
  readonly kind:
    | 'empty-id'
    | 'empty-url'
    | 'unknown-feature'
    | 'unknown-classification'
    | 'no-version'
    | 'malformed-version'
    | 'number-out-of-range'
    | 'not-accessible';
  /** The part of the input that is wrong; of a URL that cannot be fetched, the reason. */
  readonly value: string;
}
