import type { ApiKeyId } from './api-key.js';
import { ForbiddenError, UnauthenticatedError } from './errors.js';
import type { AccountId } from './image.js';

export const scopes = ['images.read', 'images.write', 'metal.view', 'metal.edit', 'metal.admin', 'admin'] as const;
export type Scope = (typeof scopes)[number];

export const isScope = (text: string): text is Scope => (scopes as readonly string[]).includes(text);

/** On whose behalf an operation runs. */
export interface Caller {
  /** The key that was sent; null for the callers below, who have none. */
  readonly keyId: ApiKeyId | null;
  /** The account that the caller is confined to, or null for all accounts. */
  readonly accountId: AccountId | null;
  readonly scopes: ReadonlySet<Scope>;
}

/**
 * Tells by the Authorization header of a request on whose behalf it runs; for transports to call before they read a body. It throws
 * an {@link UnauthenticatedError} for a key that is not good.
 */
export type Authenticate = (authorization: string | undefined) => Promise<Caller>;

/** Whoever calls a server that asks for no key. */
export const openCaller: Caller = { keyId: null, accountId: null, scopes: new Set(scopes) };

/** Whoever sends no key to a server that asks for one. */
export const anonymousCaller: Caller = { keyId: null, accountId: null, scopes: new Set() };

/** Whether nobody proved who asks, and nothing is allowed therefore. */
export const isAnonymous = (caller: Caller): boolean => caller.keyId === null && caller.scopes.size === 0;

/** Whether the caller may know that things of this account exist. */
export const seesAccount = (caller: Caller, accountId: AccountId): boolean =>
  caller.accountId === null || caller.accountId === accountId;

/** The scopes that include others, beside `admin`, which includes all. */
const widerScopes: Partial<Record<Scope, readonly Scope[]>> = {
  'metal.view': ['metal.edit', 'metal.admin'],
  'metal.edit': ['metal.admin'],
};

const hasScope = ({ scopes }: Caller, scope: Scope): boolean =>
  [scope, ...(widerScopes[scope] ?? []), 'admin' as const].some((sufficient) => scopes.has(sufficient));

/** What the caller may do, with what its scopes imply. */
export const effectiveScopes = (caller: Caller): Scope[] => scopes.filter((scope) => hasScope(caller, scope));

/**
 * The one guard of the domain: every operation calls it before it looks at anything.
 * @throws {UnauthenticatedError} where a key is missing.
 * @throws {ForbiddenError} where the key lacks the scope or the account is another's.
 */
export const authorize = (caller: Caller, scope: Scope, accountId?: AccountId): void => {
  if (!hasScope(caller, scope)) {
    const message = `This needs a key with the scope ${scope}.`;
    throw caller.keyId ? new ForbiddenError(message) : new UnauthenticatedError(message);
  }
  if (accountId && !seesAccount(caller, accountId)) {
    throw new ForbiddenError(`The key is not for the account ${accountId}.`);
  }
};
