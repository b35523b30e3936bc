// libuv creates its threads when the first one is needed, which is while Node loads an ES module. Their number must be set before that,
// so this file is CommonJS.
import fs = require('node:fs');
import os = require('node:os');
import nativeParts = require('./native-parts.cjs');

/** Decodes of uploads use four at most; the rest is for files, so that stored bytes are served however many renders run. */
const threadsForFiles = 8;

// main.ts reports a file that cannot be read
if (fs.existsSync('.env')) {
  try {
    process.loadEnvFile('.env');
  } catch {}
}
const renders = Number(process.env['RENDER_CONCURRENCY']) || 2 * os.availableParallelism();
process.env['UV_THREADPOOL_SIZE'] ||= String(renders + threadsForFiles);

nativeParts.load(() => import('./main.js'));
