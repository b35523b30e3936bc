import { UnauthenticatedError } from '../../domain/errors.js';
import type { Caller } from '../../domain/identity/caller.js';

/** How often the keys of open streams are looked at; with the second for which a key that was read is kept, within two seconds. */
const checkMs = 500;

/** Identifies the holder of an Authorization header, and rejects once its key is no longer valid. */
export type ConfirmCaller = (authorization: string | undefined) => Promise<Caller>;

/** Ends streams whose key is revoked, idle ones too. However many streams a key has, it is looked at once. */
export class LiveCallers {
  readonly #endings = new Map<string | undefined, Set<(error: Error) => void>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly confirm: ConfirmCaller) {}

  /** Calls `end` when the header is no longer valid, unless the function that is returned is called first. */
  watch(authorization: string | undefined, end: (error: Error) => void): () => void {
    const endings = this.#endings.get(authorization) ?? new Set();
    this.#endings.set(authorization, endings.add(end));
    this.#timer ??= setInterval(() => this.#check(), checkMs).unref();
    return () => {
      endings.delete(end);
      if (endings.size === 0 && this.#endings.get(authorization) === endings) this.#endings.delete(authorization);
      if (this.#endings.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  #check(): void {
    for (const [authorization, endings] of this.#endings) {
      this.confirm(authorization).catch((error: unknown) => {
        // a database that is busy says nothing about the key
        if (!(error instanceof UnauthenticatedError)) return;
        for (const end of [...endings]) end(error);
      });
    }
  }
}
