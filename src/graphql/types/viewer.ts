import { type Caller, effectiveScopes, isAnonymous } from '../../domain/identity/caller.js';
import { type Scope, scopes } from '../../domain/identity/scope.js';
import { builder } from '../builder.js';

const descriptions = {
  'images.read': 'Look up and list images, and fetch their originals.',
  'images.write': 'Upload, change, disable and delete images.',
  'metal.view': 'Look up and list metal images.',
  'metal.edit': 'Look up metal images and record which machine uses which.',
  'metal.admin': 'Create, change and delete metal images, and everything of metal.edit.',
  admin: "Everything within the key's account. Metal images belong to no account: they need a key of all accounts.",
} as const satisfies Record<Scope, string>;

const ScopeRef = builder.enumType('Scope', {
  description: 'A permission of a key.',
  values: Object.fromEntries(
    scopes.map((scope) => [
      scope.replace('.', '_').toUpperCase(),
      { value: scope, description: `${scope}: ${descriptions[scope]}` },
    ]),
  ) as Record<string, { value: Scope; description: string }>,
});

const viewerKinds = {
  KEY: { description: 'A caller with a valid key.' },
  ANONYMOUS: { description: 'A caller without a key, on a server that requires one.' },
  OPEN: { description: 'Any caller of a server that requires no key.' },
} as const;

const ViewerKindRef = builder.enumType('ViewerKind', {
  description: 'The ways to identify a caller.',
  values: viewerKinds,
});

const kindOf = (caller: Caller): keyof typeof viewerKinds => {
  if (caller.keyId) return 'KEY';
  return isAnonymous(caller) ? 'ANONYMOUS' : 'OPEN';
};

const ViewerRef = builder.objectRef<Caller>('Viewer').implement({
  description: 'The caller and its permissions.',
  fields: (t) => ({
    kind: t.field({ type: ViewerKindRef, description: 'How the caller is identified.', resolve: kindOf }),
    keyId: t.exposeString('keyId', { nullable: true, description: 'The id of the key; null if the request has none.' }),
    accountId: t.expose('accountId', {
      type: 'UUID',
      nullable: true,
      description: 'The account that the key is restricted to; null if it is not restricted.',
    }),
    scopes: t.field({
      type: [ScopeRef],
      description: 'The scopes of the caller, including those that others imply. Empty for an anonymous caller.',
      resolve: effectiveScopes,
    }),
  }),
});

builder.queryField('viewer', (t) =>
  t.field({
    type: ViewerRef,
    description: 'The caller and its permissions. Needs no key.',
    needs: 'nothing',
    resolve: (_root, _args, { caller }) => caller,
  }),
);
