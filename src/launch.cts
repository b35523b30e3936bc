// What `npm start` runs, in any shell. glibc reads its settings when a process starts, and libuv the number of its threads before an ES module
// that is loaded by `--import`, so the server needs a process that already has them.
import childProcess = require('node:child_process');
import path = require('node:path');
import threads = require('./threads.cjs');

const startPath = path.join(__dirname, 'server', 'start.cjs');

/** Few arenas fragment less, and large blocks go back to the system at once. A value that is set already wins. */
const allocatorSettings = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072' };
const settings = { ...allocatorSettings, UV_THREADPOOL_SIZE: threads.poolSize() };

const isSet = Object.keys(settings).every((name) => process.env[name] !== undefined);

/** Node 22.15 and later: becomes the server, as `exec` does in a shell. */
type Execve = (file: string, args: readonly string[], environment: NodeJS.ProcessEnv) => void;

const launch = (): void => {
  const args = [...process.execArgv, startPath, ...process.argv.slice(2)];
  const environment = { ...settings, ...process.env };
  const { execve } = process as { execve?: Execve };
  if (execve) execve(process.execPath, [process.execPath, ...args], environment);
  const server = childProcess.spawn(process.execPath, args, { stdio: 'inherit', env: environment });
  // Ctrl-C in a terminal reaches both processes: passed on, it would be the second signal, which ends the server at once
  process.on('SIGINT', () => process.stdin.isTTY || server.kill('SIGINT'));
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => server.kill(signal));
  server.on('error', (error) => {
    process.stderr.write(`The server did not start: ${error.message}\n`);
    process.exit(1);
  });
  server.on('exit', (code, signal) => {
    if (signal) {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    } else process.exit(code ?? 1);
  });
};

if (process.platform === 'linux' && !isSet) launch();
else require(startPath);
