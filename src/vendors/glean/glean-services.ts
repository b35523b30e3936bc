import { authorize, type Caller } from '../../domain/identity/caller.js';
import type { Scope } from '../../domain/identity/scope.js';
import type { AccountId } from '../../domain/images/image.js';
import type { ImageService } from '../../domain/images/image-service.js';
import type { CdnHeaders } from '../../web/images/cdn-headers.js';
import { GleanFault } from './problems.js';
import type { FileReceiver } from './receive-file.js';

/** The account of a request: Glean's API names none. */
type AccountOf = (caller: Caller, scope: Scope) => AccountId;

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

/** What the operations work with. */
export interface GleanServices extends FileReceiver {
  readonly images: ImageService;
  readonly accountOf: AccountOf;
  /** The account whose addressed images everybody may see, if there is one. */
  readonly publicAccount: AccountId | null;
  readonly cdn: CdnHeaders;
  /** Under which base URL clients reach this server. */
  readonly baseUrl: () => string;
}
