import { DomainError } from '../../domain/errors.js';
import { authorize, type Caller, isAnonymous } from '../../domain/identity/caller.js';
import type { Scope } from '../../domain/identity/scope.js';
import { MetalFault } from './metal-fault.js';

type MetalScope = Extract<Scope, `metal.${string}`>;

/** The vendor's groups of each right; its views are allowed to editors and administrators too. */
const groups = {
  'metal.view': ['view', 'edit', 'admin'],
  'metal.edit': ['edit', 'admin'],
  'metal.admin': ['admin'],
} as const satisfies Record<MetalScope, readonly string[]>;

/**
 * The same guard as the domain's, before a body is read and in the vendor's words.
 * @throws {MetalFault} 403
 */
export const requireRight = (caller: Caller, scope: MetalScope): void => {
  try {
    authorize(caller, scope);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    // "user's tenant must be the provider tenant": an anonymous caller has none, hence the two spaces
    if (isAnonymous(caller)) throw new MetalFault(403, 'tenant  not allowed');
    const names = groups[scope].flatMap((group) => [`k8s_kaas-${group}`, `maas-all-all-${group}`]);
    throw new MetalFault(403, `you are not member in one of [${names.join(' ')}]`);
  }
};
