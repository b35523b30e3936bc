// How many threads libuv is to have. It creates them when the first one is needed, which is while Node loads an ES module, and reads their
// number then: it has to be set before that.
import fs = require('node:fs');
import os = require('node:os');
import util = require('node:util');

/** Decodes of uploads use four at most; the rest is for files, so that stored bytes are served however many renders run. */
const threadsForFiles = 8;

const variablesOfFile = (): NodeJS.Dict<string> => {
  try {
    return util.parseEnv(fs.readFileSync('.env', 'utf8'));
  } catch {
    // main.ts reports a file that cannot be read
    return {};
  }
};

const poolSize = (): string => {
  const variables: NodeJS.Dict<string> = { ...variablesOfFile(), ...process.env };
  const renders = Number(variables['RENDER_CONCURRENCY']) || 2 * os.availableParallelism();
  return variables['UV_THREADPOOL_SIZE'] || String(renders + threadsForFiles);
};

export = { poolSize };
