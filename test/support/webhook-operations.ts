import type { GraphqlClient } from './graphql-client.js';
import { accountId } from './test-server.js';

const webhookFields = `fragment Hook on Webhook {
  id accountId url disabledOn failedAttempts failingSince nextAttemptOn previousSecretUntil
  deliveries { messageId eventType status failure durationMs } }`;
const failureFields = `fragment Failure on Error { __typename code message
  ... on InvalidInputError { issues { path message } } ... on WebhookLimitReachedError { limitWebhooks } }`;

/** Runs a mutation of webhooks and returns its payload or its error. */
export const changeWebhook = async (
  server: GraphqlClient,
  name: string,
  input: Record<string, unknown>,
  headers: Record<string, string> = {},
  // biome-ignore lint/suspicious/noExplicitAny: a test says by its expectations what a result has
): Promise<any> => {
  const [inputType, fields] = shapes[name] ?? [];
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  const fragment = fields?.includes('Hook') ? webhookFields : '';
  const { data, errors } = await server.query(
    `mutation($input: ${inputType}!) { result: ${name}(input: $input) { ... on ${type}Payload { ${fields} } ...Failure } }
    ${fragment} ${failureFields}`,
    { input },
    headers,
  );
  if (errors) throw new Error(JSON.stringify(errors));
  return data.result;
};

const shapes: Record<string, [inputType: string, fields: string]> = {
  createWebhook: ['CreateWebhookInput', 'secret webhook { ...Hook }'],
  updateWebhook: ['UpdateWebhookInput', 'webhook { ...Hook }'],
  rotateWebhookSecret: ['WebhookIdInput', 'secret webhook { ...Hook }'],
  deleteWebhook: ['WebhookIdInput', 'deletedId'],
  sendTestEvent: ['WebhookIdInput', 'delivery { messageId eventType status failure durationMs }'],
};

export const createWebhook = (server: GraphqlClient, url: string, account = accountId) =>
  changeWebhook(server, 'createWebhook', { accountId: account, url });

// biome-ignore lint/suspicious/noExplicitAny: as above
export const findWebhook = async (server: GraphqlClient, id: string): Promise<any> => {
  const { data } = await server.query(`query($id: ID!) { node(id: $id) { ...Hook } } ${webhookFields}`, { id });
  return data.node;
};
