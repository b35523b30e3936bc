import type { Webhook, WebhookDelivery } from '../../domain/webhooks/webhook.js';
import { builder } from '../builder.js';
import { connectionOf } from '../connection.js';
import { costOfPage, costs } from '../costs.js';
import { decodeIdCursor, encodeIdCursor } from '../cursor.js';
import { webhookIdFrom } from '../global-id.js';
import { accountIdFor, optionalAccountId } from './account-id.js';

export const WebhookDeliveryRef = builder.objectRef<WebhookDelivery>('WebhookDelivery').implement({
  description: 'An attempt to deliver an event.',
  fields: (t) => ({
    messageId: t.exposeString('messageId', {
      description: 'The `webhook-id` header: the same in every attempt to deliver the event.',
    }),
    eventType: t.exposeString('eventType', { description: 'The type of the event, such as `image.updated`.' }),
    attemptedOn: t.expose('attemptedOn', { type: 'DateTime', description: 'The time of the attempt.' }),
    durationMs: t.exposeInt('durationMs', { description: 'How long the attempt took, in milliseconds.' }),
    status: t.exposeInt('status', {
      nullable: true,
      description: 'The HTTP status of the response; null if there was none.',
    }),
    failure: t.exposeString('failure', {
      nullable: true,
      description: 'Why the attempt failed; null if the event was delivered.',
    }),
  }),
});

export const WebhookRef = builder.objectRef<Webhook>('Webhook');

builder.node(WebhookRef, {
  description: "A URL that receives the changes of an account's images.",
  id: { resolve: ({ id }) => id, description: 'The global id, which `node` accepts.' },
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'deliveredSeq' in value,
  loadMany: (ids, { webhooks, caller }) => webhooks.find(caller, ids.map(webhookIdFrom)),
  fields: (t) => ({
    accountId: t.expose('accountId', { type: 'UUID', description: 'The account.' }),
    url: t.exposeString('url', { description: 'The URL that receives the events.' }),
    createdOn: t.expose('createdOn', { type: 'DateTime', description: 'The time when it was created.' }),
    updatedOn: t.expose('updatedOn', { type: 'DateTime', description: 'The time of the last change of the webhook.' }),
    disabledOn: t.expose('disabledOn', {
      type: 'DateTime',
      nullable: true,
      description:
        'The time when it was disabled; null if it is enabled. The server disables a webhook if the receiver responds with 410, or ' +
        'after all attempts of `limits.webhookRetryHours` failed: then `failingSince` is not null.',
    }),
    failedAttempts: t.exposeInt('failedAttempts', {
      description: 'How many attempts in a row to deliver the next event have failed.',
    }),
    failingSince: t.expose('failingSince', {
      type: 'DateTime',
      nullable: true,
      description: 'The time of the first of the failed attempts; null if the last attempt succeeded.',
    }),
    nextAttemptOn: t.expose('nextAttemptOn', {
      type: 'DateTime',
      nullable: true,
      description: 'The time of the next attempt after a failed one.',
    }),
    previousSecretUntil: t.expose('previousSecretUntil', {
      type: 'DateTime',
      nullable: true,
      description:
        'Until when the previous secret signs in addition to the current one; null if there was no rotation.',
    }),
    deliveries: t.field({
      type: [WebhookDeliveryRef],
      description: 'The latest attempts, newest first, at most `limits.webhookDeliveries`. Test events are included.',
      cost: (_args, limits) => ({ own: costs.read, length: limits.webhookDeliveries }),
      resolve: (webhook, _args, { loaders }) => loaders.deliveries.load(webhook),
    }),
  }),
});

builder.queryField('webhooks', (t) =>
  t.connection(
    {
      type: WebhookRef,
      nullable: true,
      description: 'The webhooks of an account, oldest first.',
      args: { accountId: t.arg(optionalAccountId) },
      needs: { scopes: ['admin'], accountOf: ({ accountId }) => accountId },
      cost: ({ first, last }, limits) =>
        costOfPage(
          { length: Math.min(first ?? last ?? limits.pageDefault, limits.webhooksPerAccount), filter: null },
          limits,
        ),
      resolve: async (_root, { accountId, first, last, after, before }, { webhooks, caller }) => {
        const slice = await webhooks.list(caller, accountIdFor(caller, accountId), {
          first: first ?? undefined,
          last: last ?? undefined,
          after: positionOf(after, 'after'),
          before: positionOf(before, 'before'),
        });
        return connectionOf(slice, encodeIdCursor);
      },
    },
    { name: 'WebhookConnection', description: 'A page of the webhooks of an account.' },
    { name: 'WebhookEdge', description: 'A webhook and its position in the list.' },
  ),
);

const positionOf = (cursor: string | null | undefined, argument: 'after' | 'before') => {
  const id = decodeIdCursor(cursor, argument);
  return id === undefined ? undefined : webhookIdFrom(id);
};
