import { ForbiddenError, UnauthenticatedError } from '../errors.js';
import type { AccountId } from '../images/image.js';
import type { ApiKey, ApiKeyId } from './api-key.js';
import { isAccountScope, type Scope, scopes } from './scope.js';

/** On whose behalf an operation runs. */
export interface Caller {
  /** The key that was sent; null for the callers below, who have none. */
  readonly keyId: ApiKeyId | null;
  /** The account that the caller is confined to, or null for all accounts. */
  readonly accountId: AccountId | null;
  readonly scopes: ReadonlySet<Scope>;
  /** The client that queues share their places by: the key, or the address if there is none. */
  readonly client?: string;
}

/**
 * Identifies the caller of a request by its Authorization header; transports call it before they read a body.
 * @param address The client's address, whose failed attempts are counted.
 * @throws {UnauthenticatedError} for a key that is not valid. {@link TooManyAttemptsError} after too many of those.
 */
export type Authenticate = (authorization: string | undefined, address: string) => Promise<Caller>;

/** Every caller of a server that requires no key. */
export const openCaller: Caller = { keyId: null, accountId: null, scopes: new Set(scopes) };

/** A caller without a key, on a server that requires one. */
export const anonymousCaller: Caller = { keyId: null, accountId: null, scopes: new Set() };

/** The holder of a key. */
export const callerOf = ({ id, accountId, scopes: held }: ApiKey): Caller => ({
  keyId: id,
  accountId,
  scopes: new Set(held),
});

/** Whether the caller has not authenticated, and so may do nothing but read what is public. */
export const isAnonymous = (caller: Caller): boolean => caller.keyId === null && caller.scopes.size === 0;

/** Whether the caller may know that things of this account exist; null stands for all accounts. */
export const seesAccount = (caller: Caller, accountId: AccountId | null): boolean =>
  caller.accountId === null || caller.accountId === accountId;

/** The scopes that include others, in addition to `admin`, which includes all. */
const widerScopes: Partial<Record<Scope, readonly Scope[]>> = {
  'metal.view': ['metal.edit', 'metal.admin'],
  'metal.edit': ['metal.admin'],
};

const isGranted = ({ scopes }: Caller, scope: Scope): boolean =>
  [scope, ...(widerScopes[scope] ?? []), 'admin' as const].some((sufficient) => scopes.has(sufficient));

const hasScope = (caller: Caller, scope: Scope): boolean =>
  isGranted(caller, scope) && (caller.accountId === null || isAccountScope(scope));

/** What the caller may do, including what its scopes imply. */
export const effectiveScopes = (caller: Caller): Scope[] => scopes.filter((scope) => hasScope(caller, scope));

/**
 * For callers that any of several scopes allows to go on, to an operation that checks for the right one itself.
 * @throws {UnauthenticatedError} {@link ForbiddenError}, as {@link authorize} does.
 */
export const authorizeAny = (caller: Caller, alternatives: readonly Scope[], accountId?: AccountId): void => {
  const [first, ...others] = alternatives;
  if (first === undefined) return;
  const held = alternatives.find((scope) => hasScope(caller, scope));
  if (held || others.length === 0) {
    authorize(caller, held ?? first, accountId);
    return;
  }
  const message = `This needs a key with one of the scopes ${alternatives.join(', ')}.`;
  throw caller.keyId ? new ForbiddenError(message) : new UnauthenticatedError(message);
};

/**
 * The one guard of the domain: every operation calls it before it looks at its input.
 * @throws {UnauthenticatedError} if a key is missing.
 * @throws {ForbiddenError} if the key lacks the scope or belongs to another account.
 */
export const authorize = (caller: Caller, scope: Scope, accountId?: AccountId): void => {
  if (!hasScope(caller, scope)) {
    const message = isAccountScope(scope)
      ? `This needs a key with the scope ${scope}.`
      : `This needs a key of all accounts with the scope ${scope}: metal images belong to no account.`;
    throw caller.keyId ? new ForbiddenError(message) : new UnauthenticatedError(message);
  }
  if (accountId && !seesAccount(caller, accountId)) {
    throw new ForbiddenError(`The key is not for the account ${accountId}.`);
  }
};

/**
 * The caller as it may act in one account, for APIs whose every address names one: to it, what other accounts have does not exist.
 * @throws {ForbiddenError} where the scope is missing or the account is another's.
 */
export const confineCaller = (caller: Caller, scope: Scope, accountId: AccountId): Caller => {
  authorize(caller, scope, accountId);
  return { ...caller, accountId };
};
