import { authorize, type Caller } from '../../domain/identity/caller.js';
import type { Scope } from '../../domain/identity/scope.js';
import type { AccountId } from '../../domain/images/image.js';
import { GleanFault } from './problems.js';

/** The account of a request: Glean's API names none. */
export type AccountOf = (caller: Caller, scope: Scope) => AccountId;

/**
 * The account of the caller's key, else the one that is configured.
 * @throws {GleanFault} where there is neither; {@link ForbiddenError} where the scope is missing.
 */
export const accountOf =
  (configured: AccountId | null): AccountOf =>
  (caller, scope) => {
    authorize(caller, scope);
    const accountId = caller.accountId ?? configured;
    if (accountId) return accountId;
    throw new GleanFault(
      'invalid_request',
      'No account is named: the request has no key that is for one account. ' +
        'Send such a key, or set GLEAN_ACCOUNT_ID to the UUID of an account when the server starts.',
    );
  };
