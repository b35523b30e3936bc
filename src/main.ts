import { createApp } from './app.js';
import { ConfigError, parseConfig } from './config.js';
import { StartRefusedError } from './state/start-refused-error.js';

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const welcome = (baseUrl: string, asksForKey: boolean): string => `
image-facade serves at ${baseUrl}

  GraphiQL       ${baseUrl}/graphql (in a browser)
  GraphQL        ${baseUrl}/graphql
  public images  ${baseUrl}/images/{publicId}?size=WxH
${asksForKey ? keyNote : ''}
Upload a picture:

  curl ${baseUrl}/graphql ${asksForKey ? '-u id:secret ' : ''}-H 'Apollo-Require-Preflight: 1' \\
    -F 'operations={"query":"mutation($file: File!) { uploadImage(input: { accountId: \\"3a4ed2d9-03e1-4b0e-b45f-2a9ca72f8adb\\", file: $file }) { ... on Image { id url } ... on Error { code message } } }","variables":{"file":null}}' \\
    -F 'map={"0":["variables.file"]}' -F '0=@picture.jpg'
`;

const keyNote = `
Every request but those for public images needs a key. Make one:

  npm run keys -- create --account '*' --scope images.read --scope images.write
`;

const start = async (): Promise<void> => {
  const config = parseConfig(process.env);
  const app = await createApp(config);
  const stop = (): void => {
    // a second signal ends the process at once, as it would without this handler
    app.close().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`The server did not close: ${String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  print(welcome(await app.listen(), config.auth === 'keys'));
};

start().catch((error: unknown) => {
  const isExpected = error instanceof ConfigError || error instanceof StartRefusedError;
  process.stderr.write(`${isExpected ? error.message : String(error instanceof Error ? error.stack : error)}\n`);
  process.exit(1);
});
