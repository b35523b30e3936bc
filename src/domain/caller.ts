import { ForbiddenError } from './errors.js';
import type { AccountId } from './image.js';

const scopes = ['images.read', 'images.write', 'metal.view', 'metal.edit', 'metal.admin', 'admin'] as const;
export type Scope = (typeof scopes)[number];

/** On whose behalf an operation runs. */
export interface Caller {
  /** The account that the caller is confined to, or null for all accounts. */
  readonly accountId: AccountId | null;
  readonly scopes: ReadonlySet<Scope>;
}

/** Whoever calls a server that asks for no key. */
export const openCaller: Caller = { accountId: null, scopes: new Set(scopes) };

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

/**
 * The one guard of the domain: every operation calls it before it looks at anything.
 * @throws {ForbiddenError} where the scope is missing or the account is another's.
 */
export const authorize = (caller: Caller, scope: Scope, accountId?: AccountId): void => {
  if (!hasScope(caller, scope)) throw new ForbiddenError(`This needs a key with the scope ${scope}.`);
  if (accountId && !seesAccount(caller, accountId)) {
    throw new ForbiddenError(`The key is not for the account ${accountId}.`);
  }
};
