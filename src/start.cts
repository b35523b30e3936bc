// libuv makes its threads when the first is needed, which is while Node loads an ES module: how many is settled before, in CommonJS.
import os = require('node:os');

/** Decodes of uploads take four at most; the rest is for files, so that what lies on the disk is served however many renders run. */
const threadsBesideRenders = 8;

const renders = Number(process.env['RENDER_CONCURRENCY']) || 2 * os.availableParallelism();
process.env['UV_THREADPOOL_SIZE'] ||= String(renders + threadsBesideRenders);

void import('./main.js');
