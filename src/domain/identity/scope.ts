export const scopes = ['images.read', 'images.write', 'metal.view', 'metal.edit', 'metal.admin', 'admin'] as const;
export type Scope = (typeof scopes)[number];

export const isScope = (text: string): text is Scope => (scopes as readonly string[]).includes(text);

/** Metal images belong to no account, so a key of one account has no say over them. */
export const isAccountScope = (scope: Scope): boolean => !scope.startsWith('metal.');

/** The scopes that a key of one account can have; `admin` there means everything within the account. */
export const accountScopes: readonly Scope[] = scopes.filter(isAccountScope);
