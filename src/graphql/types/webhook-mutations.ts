import { NotFoundError, WebhookLimitReachedError } from '../../domain/errors.js';
import type { Webhook, WebhookDelivery } from '../../domain/webhooks/webhook.js';
import { builder } from '../builder.js';
import { costs } from '../costs.js';
import { encodeGlobalId, webhookIdOf } from '../global-id.js';
import { accountIdFor, optionalAccountId } from './account-id.js';
import { commonErrors } from './errors.js';
import { WebhookDeliveryRef, WebhookRef } from './webhook.js';

const urlText =
  'The URL that receives the events: `https`, on the public Internet unless the server allows more, at most `limits.webhookUrlLength` ' +
  'characters.';
const secretText = 'The secret that verifies signatures, `whsec_` and base64. It is shown only here: store it.';

const CreateWebhookInput = builder.inputType('CreateWebhookInput', {
  description: 'A new webhook.',
  fields: (t) => ({
    accountId: t.field(optionalAccountId),
    url: t.string({ required: true, description: urlText }),
  }),
});

const UpdateWebhookInput = builder.inputType('UpdateWebhookInput', {
  description: 'The changes of a webhook. Absent and null fields keep their values.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The global id of the webhook.' }),
    url: t.string({ description: urlText }),
    disabled: t.boolean({
      description:
        'Whether the webhook is disabled. One that is enabled again continues after the last change that it delivered.',
    }),
  }),
});

const WebhookIdInput = builder.inputType('WebhookIdInput', {
  description: 'Identifies a webhook.',
  fields: (t) => ({ id: t.id({ required: true, description: 'The global id of the webhook.' }) }),
});

const CreateWebhookPayload = builder.objectRef<Webhook>('CreateWebhookPayload').implement({
  description: 'A new webhook with its secret.',
  fields: (t) => ({
    webhook: t.field({ type: WebhookRef, description: 'The new webhook.', resolve: (webhook) => webhook }),
    secret: t.exposeString('secret', { description: secretText }),
  }),
});

const RotateWebhookSecretPayload = builder.objectRef<Webhook>('RotateWebhookSecretPayload').implement({
  description: 'A webhook with its new secret.',
  fields: (t) => ({
    webhook: t.field({ type: WebhookRef, description: 'The webhook.', resolve: (webhook) => webhook }),
    secret: t.exposeString('secret', { description: secretText }),
  }),
});

const UpdateWebhookPayload = builder.objectRef<Webhook>('UpdateWebhookPayload').implement({
  description: 'An updated webhook.',
  fields: (t) => ({
    webhook: t.field({ type: WebhookRef, description: 'The webhook after the change.', resolve: (webhook) => webhook }),
  }),
});

const DeleteWebhookPayload = builder.objectRef<Webhook>('DeleteWebhookPayload').implement({
  description: 'A deleted webhook.',
  fields: (t) => ({
    deletedId: t.id({
      description: 'The global id that the webhook had.',
      resolve: ({ id }) => encodeGlobalId('Webhook', id),
    }),
  }),
});

const SendTestEventPayload = builder
  .objectRef<{ webhook: Webhook; delivery: WebhookDelivery }>('SendTestEventPayload')
  .implement({
    description: 'How the receiver responded to a test event.',
    fields: (t) => ({
      webhook: t.expose('webhook', { type: WebhookRef, description: 'The webhook.' }),
      delivery: t.expose('delivery', { type: WebhookDeliveryRef, description: 'The attempt, successful or not.' }),
    }),
  });

const changeErrors = [NotFoundError, ...commonErrors];
const idArg = { type: WebhookIdInput, required: true, description: 'The webhook.' } as const;

builder.mutationFields((t) => ({
  createWebhook: t.field({
    type: CreateWebhookPayload,
    nullable: true,
    needs: { scopes: ['admin'], accountOf: ({ input }) => input.accountId },
    cost: costs.write,
    description:
      "Sends every change of an account's images from now on to a URL, as [Standard Webhooks](https://www.standardwebhooks.com): at " +
      'least once, in order, and again for `limits.webhookRetryHours` if it fails.',
    args: { input: t.arg({ type: CreateWebhookInput, required: true, description: 'The webhook.' }) },
    errors: {
      types: [WebhookLimitReachedError, ...commonErrors],
      union: { name: 'CreateWebhookResult', description: 'The new webhook, or the reason why there is none.' },
    },
    resolve: (_root, { input: { accountId, url } }, { webhooks, caller }) =>
      webhooks.create(caller, { accountId: accountIdFor(caller, accountId), url }),
  }),
  updateWebhook: t.field({
    type: UpdateWebhookPayload,
    nullable: true,
    needs: { scopes: ['admin'] },
    cost: costs.write,
    description: 'Changes the URL of a webhook, disables or enables it. The next event is tried again at once.',
    args: { input: t.arg({ type: UpdateWebhookInput, required: true, description: 'The changes.' }) },
    errors: {
      types: changeErrors,
      union: { name: 'UpdateWebhookResult', description: 'The updated webhook, or the reason why nothing changed.' },
    },
    resolve: (_root, { input: { id, ...changes } }, { webhooks, caller }) =>
      webhooks.update(caller, { id: webhookIdOf(id), ...changes }),
  }),
  rotateWebhookSecret: t.field({
    type: RotateWebhookSecretPayload,
    nullable: true,
    needs: { scopes: ['admin'] },
    cost: costs.write,
    description:
      'Gives a webhook a new secret. Events have the signatures of both secrets for `limits.webhookRotationHours`, so that the receiver ' +
      'can be changed meanwhile; an even older secret ends at once.',
    args: { input: t.arg(idArg) },
    errors: {
      types: changeErrors,
      union: { name: 'RotateWebhookSecretResult', description: 'The new secret, or the reason why there is none.' },
    },
    resolve: (_root, { input: { id } }, { webhooks, caller }) => webhooks.rotateSecret(caller, webhookIdOf(id)),
  }),
  deleteWebhook: t.field({
    type: DeleteWebhookPayload,
    nullable: true,
    needs: { scopes: ['admin'] },
    cost: costs.write,
    description: 'Deletes a webhook and its log. Events that are not delivered yet are not sent.',
    args: { input: t.arg(idArg) },
    errors: {
      types: changeErrors,
      union: { name: 'DeleteWebhookResult', description: 'The deleted id, or the reason why nothing was deleted.' },
    },
    resolve: (_root, { input: { id } }, { webhooks, caller }) => webhooks.delete(caller, webhookIdOf(id)),
  }),
  sendTestEvent: t.field({
    type: SendTestEventPayload,
    nullable: true,
    needs: { scopes: ['admin'] },
    cost: costs.upload,
    description:
      'Sends an event of the type `webhook.test` once, also to a disabled webhook, and returns how the receiver responded within ' +
      '`limits.webhookSeconds`.',
    args: { input: t.arg(idArg) },
    errors: {
      types: changeErrors,
      union: { name: 'SendTestEventResult', description: 'The attempt, or the reason why there was none.' },
    },
    resolve: (_root, { input: { id } }, { webhooks, caller }) => webhooks.sendTest(caller, webhookIdOf(id)),
  }),
}));
