import { type Caller, effectiveScopes, isAnonymous, type Scope, scopes } from '../../domain/caller.js';
import { builder } from '../builder.js';

const descriptions = {
  'images.read': 'Look up and list images, and fetch their originals.',
  'images.write': 'Upload, change, disable and delete images.',
  'metal.view': 'Look up and list metal images.',
  'metal.edit': 'Look up metal images and say which machine uses which.',
  'metal.admin': 'Create, change and delete metal images, and all of metal.edit.',
  admin: 'Everything.',
} as const satisfies Record<Scope, string>;

const ScopeRef = builder.enumType('Scope', {
  description: 'What a key allows.',
  values: Object.fromEntries(
    scopes.map((scope) => [
      scope.replace('.', '_').toUpperCase(),
      { value: scope, description: `${scope}: ${descriptions[scope]}` },
    ]),
  ) as Record<string, { value: Scope; description: string }>,
});

const viewerKinds = {
  KEY: { description: 'Someone who sent a good key.' },
  ANONYMOUS: { description: 'Someone who sent no key to a server that asks for one.' },
  OPEN: { description: 'Anyone, because the server asks for no key.' },
} as const;

const ViewerKindRef = builder.enumType('ViewerKind', {
  description: 'How the server knows who asks.',
  values: viewerKinds,
});

const kindOf = (caller: Caller): keyof typeof viewerKinds => {
  if (caller.keyId) return 'KEY';
  return isAnonymous(caller) ? 'ANONYMOUS' : 'OPEN';
};

const ViewerRef = builder.objectRef<Caller>('Viewer').implement({
  description: 'Who asks, and what is allowed.',
  fields: (t) => ({
    kind: t.field({ type: ViewerKindRef, description: 'How the server knows who asks.', resolve: kindOf }),
    keyId: t.exposeString('keyId', { nullable: true, description: 'The id of the key; null where none was sent.' }),
    accountId: t.expose('accountId', {
      type: 'UUID',
      nullable: true,
      description: 'The account that the key is confined to; null where nothing confines to one.',
    }),
    scopes: t.field({
      type: [ScopeRef],
      description: 'What is allowed, with what it implies; nothing without a key.',
      resolve: effectiveScopes,
    }),
  }),
});

builder.queryField('viewer', (t) =>
  t.field({
    type: ViewerRef,
    description: 'The caller. Needs no key.',
    needs: 'nothing',
    resolve: (_root, _args, { caller }) => caller,
  }),
);
