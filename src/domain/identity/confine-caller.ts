import type { AccountId } from '../images/image.js';
import { authorize, type Caller } from './caller.js';
import type { Scope } from './scope.js';

/**
 * The caller as it may act in one account, for APIs whose every address names one: to it, what other accounts have does not exist.
 * @throws {ForbiddenError} where the scope is missing or the account is another's.
 */
export const confineCaller = (caller: Caller, scope: Scope, accountId: AccountId): Caller => {
  authorize(caller, scope, accountId);
  return { ...caller, accountId };
};
