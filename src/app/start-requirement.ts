import { UnavailableError } from '../domain/errors.js';
import { StartRefusedError } from '../state/start-refused-error.js';

/** A code of the operating system, such as EACCES, or of SQLite: something around the server is not as it should be. */
const systemCode = /^(?:E[A-Z0-9]+|SQLITE_[A-Z_]+)$/;

/** What happened, if the error's own message is for clients and leaves that out. */
export const causeForOperators = (error: unknown): string | undefined =>
  error instanceof UnavailableError && error.cause instanceof Error ? error.cause.message : undefined;

/** What is wrong around the server, in its own words; undefined if the error is a bug. */
const reasonOf = (error: unknown): string | undefined => {
  const isOfSystem = error instanceof Error && 'code' in error && systemCode.test(String(error.code));
  return isOfSystem ? error.message : causeForOperators(error);
};

/**
 * Runs a step of the start that depends on what is around the server.
 * @param refusal What the operator reads of such a problem, before the system's own reason.
 * @throws {StartRefusedError} for such a problem; any other error is a bug and is rethrown.
 */
export const requireForStart = async <Result>(
  refusal: string,
  step: () => Result | Promise<Result>,
): Promise<Result> => {
  try {
    return await step();
  } catch (error) {
    const reason = reasonOf(error);
    if (reason === undefined) throw error;
    throw new StartRefusedError(`${refusal}: ${reason}`, { cause: error });
  }
};
