import { CorruptImageError, DomainError, RenderTimeoutError } from '../domain/errors.js';

const reasons: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/premature end|truncated|unexpected end|end of file|libpng read error/i, 'it ends too early or is damaged'],
  [/corrupt header|unsupported image format|no image/i, 'its header is damaged'],
];

/**
 * What a failure of sharp means here. Its own words name files, functions and versions of libraries, so that none of them is shown.
 * @returns {@link RenderTimeoutError}, {@link CorruptImageError}, or the failure itself where the picture is not at fault
 */
export function codecError(failure: unknown, timeoutSeconds: number): unknown {
  if (failure instanceof DomainError || !(failure instanceof Error)) return failure;
  if (failure.message.startsWith('timeout:')) return new RenderTimeoutError(timeoutSeconds);
  if (isAbsence(failure) || isMisuse(failure)) return failure;
  const reason = reasons.find(([pattern]) => pattern.test(failure.message))?.[1];
  return new CorruptImageError(reason ?? 'its data is damaged');
}

/** Whether there is no file where a picture should be. */
export const isAbsence = (failure: unknown): boolean =>
  failure instanceof Error &&
  (failure.message.startsWith('Input file is missing') || ('code' in failure && failure.code === 'ENOENT'));

/** Whether sharp was given an option that it does not take. */
const isMisuse = ({ message }: Error): boolean => /^Expected .* but received /.test(message);
