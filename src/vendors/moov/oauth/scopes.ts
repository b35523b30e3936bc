import { InvalidInputError } from '../../../domain/errors.js';
import { isScope, type Scope } from '../../../domain/identity/scope.js';
import { type AccountId, asAccountId } from '../../../domain/images/image.js';

export interface AskedScopes {
  readonly accountId: AccountId | undefined;
  readonly scopes: readonly Scope[];
}

/** "General form `/accounts/{accountID}/<thing>.read|write`"; without the account it is for whatever the key is for. */
const scopePattern = /^(?:\/accounts\/([^/]+)\/)?([a-z.]+)$/;

/**
 * The scopes that a client requests, separated by spaces. Those of things that are not served here are ignored (RFC 6749, section
 * 3.3), so that a client may request the same as from Moov.
 * @throws {InvalidInputError} where none is known, or where they are of more than one account.
 */
export const parseScopes = (text: string): AskedScopes => {
  const known = text.split(/\s+/).flatMap((word) => {
    const [, account, scope = ''] = scopePattern.exec(word) ?? [];
    const accountId = account === undefined ? undefined : asAccountId(account);
    if (!isScope(scope) || (account !== undefined && !accountId)) return [];
    return [{ scope, accountId }];
  });
  const [first] = known;
  if (!first) {
    throw InvalidInputError.at(
      ['scope'],
      'Must be scopes such as /accounts/{accountID}/images.read, separated by spaces.',
    );
  }
  if (known.some(({ accountId }) => accountId !== first.accountId)) {
    throw InvalidInputError.at(['scope'], 'A token has scopes of one account only.');
  }
  return { accountId: first.accountId, scopes: known.map(({ scope }) => scope) };
};

/** The scopes as clients write them. */
export const formatScopes = (scopes: readonly Scope[], accountId: AccountId | null): string =>
  scopes.map((scope) => (accountId ? `/accounts/${accountId}/${scope}` : scope)).join(' ');
