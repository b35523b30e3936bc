// Started by build.mjs: runs the server until a signal stops it, and then writes what V8 has compiled of it.
import { createRequire } from 'node:module';

const { run, writeCompiled } = createRequire(import.meta.url)('../dist/server/server-script.cjs');
const script = run();
process.once('exit', (code) => code === 0 && writeCompiled(script));
