// What runs the server. CommonJS, as libuv has its threads once Node has loaded an ES module.
import fs = require('node:fs');
import nativeParts = require('./native-parts.cjs');
import serverScript = require('./server-script.cjs');
import threads = require('./threads.cjs');

// main.ts reports a file that cannot be read
if (fs.existsSync('.env')) {
  try {
    process.loadEnvFile('.env');
  } catch {}
}
process.env['UV_THREADPOOL_SIZE'] = threads.poolSize();

nativeParts.load(async () => serverScript.run());
