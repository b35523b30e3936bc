import { createApp } from './app/app.js';
import { startMessage, startWarnings } from './app/start-message.js';
import { ConfigError, parseConfig } from './config.js';
import { readEnvironment } from './environment.js';
import { StartRefusedError } from './state/start-refused-error.js';

const start = async (): Promise<void> => {
  const { variables, filePath, warnings } = readEnvironment(process.env);
  const config = parseConfig(variables);
  for (const warning of [...warnings, ...startWarnings(config)]) process.stderr.write(`Warning: ${warning}\n`);
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
  const baseUrl = await app.listen();
  process.stdout.write(startMessage({ baseUrl, config, environmentFile: filePath }));
};

start().catch((error: unknown) => {
  const isExpected = error instanceof ConfigError || error instanceof StartRefusedError;
  process.stderr.write(`${isExpected ? error.message : String(error instanceof Error ? error.stack : error)}\n`);
  process.exit(1);
});
