import type { JSX } from 'preact';

/** What came of the last action. */
export interface Status {
  readonly isProblem: boolean;
  readonly words: string;
}

export const StatusLine = ({ status }: { readonly status: Status | null }): JSX.Element => (
  <p class={status?.isProblem ? 'problem' : 'muted'} role="status">
    {status?.words}
  </p>
);
