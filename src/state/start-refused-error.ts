/** Why the server does not start on this data folder, and what its operator can do; there is no need for a stack trace. */
export class StartRefusedError extends Error {
  override readonly name = 'StartRefusedError';
}
