// npm run demo: puts sample images and metal images on a running server; npm run demo -- --remove takes them away again.
// --server <url> names another server than http://127.0.0.1:4000; IMAGE_FACADE_KEY is the key (id.secret) of one that asks for keys.
import { parseArgs } from 'node:util';
import { drawScenes } from './demo-scenes.mjs';

const defaultServer = 'http://127.0.0.1:4000';

const { values: options } = parseArgs({
  options: {
    remove: { type: 'boolean', default: false },
    server: { type: 'string', default: defaultServer },
  },
});
const key = process.env['IMAGE_FACADE_KEY'];
const headers = key ? { authorization: `Bearer ${key}` } : {};

/** The first is the one of the README's examples, which the console shows to a newcomer. */
const accounts = ['3a4ed2d9-03e1-4b0e-b45f-2a9ca72f8adb', '0d6f1c58-9b1e-4c61-a7a5-5a0f6a3c7e21'];

/** The datasource in the address of every sample: what has it is removed, and nothing else. */
const datasource = 'image-facade-demo';

const day = 24 * 60 * 60 * 1000;

/** Their operating systems start with `demo-`. */
const metalImages = [
  { imageId: 'demo-ubuntu-22.04.20250110', classification: 'DEPRECATED', days: -30, machines: [] },
  { imageId: 'demo-ubuntu-22.04.20260601', classification: 'SUPPORTED', days: 60, machines: ['demo-machine-1'] },
  { imageId: 'demo-ubuntu-24.04.20260815', classification: 'SUPPORTED', days: 200, machines: ['demo-machine-2'] },
  { imageId: 'demo-ubuntu-24.04.20261101', classification: 'PREVIEW', days: 365, machines: [] },
  { imageId: 'demo-debian-12.0.20260301', classification: 'DEPRECATED', days: -5, machines: ['demo-machine-3'] },
  { imageId: 'demo-debian-12.0.20260920', classification: 'SUPPORTED', days: 150, machines: [] },
  {
    imageId: 'demo-firewall-3.0.20261020',
    classification: 'SUPPORTED',
    days: 180,
    machines: [],
    features: ['FIREWALL'],
  },
];

const send = async (body, contentType) => {
  const response = await fetch(`${options.server}/graphql`, {
    method: 'POST',
    headers: { ...headers, 'apollo-require-preflight': '1', ...(contentType && { 'content-type': contentType }) },
    body,
  }).catch(() => {
    throw new Error(`No server at ${options.server}. Start one with npm start, or name another with --server.`);
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(errors[0].message);
  const [result] = Object.values(data);
  if (result?.message) throw new Error(result.message);
  return result;
};

const query = (document, variables) => send(JSON.stringify({ query: document, variables }), 'application/json');

const upload = ({ name, bytes, altText, focalPoint }, accountId) => {
  const form = new FormData();
  const input = {
    accountId,
    file: null,
    address: { type: 'UGC', entityId: name, ds: datasource },
    metadata: { altText: altText ?? null, focalPoint: focalPoint ?? null },
  };
  const document =
    'mutation ($input: UploadAddressedImageInput!) { uploadAddressedImage(input: $input) { ... on Error { message } } }';
  form.set('operations', JSON.stringify({ query: document, variables: { input } }));
  form.set('map', JSON.stringify({ 0: ['variables.input.file'] }));
  form.set('0', new Blob([bytes]), name);
  return send(form);
};

const mutate = (name, inputType, input) =>
  query(`mutation ($input: ${inputType}!) { ${name}(input: $input) { ... on Error { code message } } }`, { input });

const say = (line) => process.stdout.write(`${line}\n`);

const add = async () => {
  const scenes = await drawScenes();
  for (const [index, scene] of scenes.entries()) await upload(scene, accounts[index % 4 === 3 ? 1 : 0]);
  for (const { imageId, classification, days, machines, features = ['MACHINE'] } of metalImages) {
    const expirationDate = new Date(Date.now() + days * day).toISOString();
    const url = `https://images.example.com/${imageId}.tar.lz4`;
    const name = imageId.replaceAll('-', ' ').replace('demo ', 'Demo: ');
    const known = await query('query ($by: MetalImageBy!) { metalImage(by: $by) { id } }', { by: { imageId } });
    const input = { imageId, url, name, classification, features, expirationDate };
    if (known) await mutate('updateMetalImage', 'UpdateMetalImageInput', input);
    else await mutate('createMetalImage', 'CreateMetalImageInput', input);
    for (const machineId of machines) await mutate('setMetalImageUse', 'MetalImageUseInput', { machineId, imageId });
  }
  say(`${scenes.length} images in 2 accounts and ${metalImages.length} metal images are there.`);
  say(`Look at them: ${options.server}/console`);
  say(`Remove them:  npm run demo -- --remove${options.server === defaultServer ? '' : ` --server ${options.server}`}`);
};

const remove = async () => {
  let count = 0;
  for (const accountId of accounts) {
    const document =
      'query ($accountId: UUID!, $ds: String!) { images(accountId: $accountId, first: 200, filter: { address: { ds: $ds } }) { nodes { id } } }';
    const { nodes } = await query(document, { accountId, ds: datasource });
    for (const { id } of nodes) await mutate('deleteImage', 'ImageIdInput', { id });
    count += nodes.length;
  }
  for (const { imageId, machines } of metalImages) {
    const known = await query('query ($by: MetalImageBy!) { metalImage(by: $by) { id } }', { by: { imageId } });
    if (!known) continue;
    for (const machineId of machines) await mutate('clearMetalImageUse', 'MachineIdInput', { machineId });
    await mutate('deleteMetalImage', 'MetalImageIdInput', { imageId });
    count += 1;
  }
  say(`${count} samples were removed.`);
};

try {
  await (options.remove ? remove() : add());
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
