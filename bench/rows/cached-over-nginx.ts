import { serveByNginx } from '../baselines/nginx.js';
import { compare } from '../compare.js';
import { findProgram } from '../find-program.js';
import { HttpLoad } from '../load/http-load.js';
import type { Row } from '../row.js';
import { serveVariant } from './served-variant.js';

export const cachedOverNginx: Row = {
  name: 'cached-over-nginx',
  title: 'cached variant of about 20 kB, over a static file of nginx',
  unit: '/s',
  target: { atLeast: 0.5 },
  async measure(context) {
    const nginxPath = findProgram('nginx');
    if (!nginxPath) return { skipped: 'nginx is not installed' };
    const { url, bytes, pid } = await serveVariant(context);
    const nginxUrl = await serveByNginx(context.workspace, nginxPath, bytes);
    const load = new HttpLoad(context.pace);
    const found = await compare(
      { measure: () => load.perSecond({ url }, 200), pid },
      { measure: () => load.perSecond({ url: nginxUrl }, 200) },
      context.pace,
    );
    return { ...found, ...load.note };
  },
};
