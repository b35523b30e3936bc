import type { FixedResponse } from '../baselines/bare-http.js';
import { Baseline } from '../baselines/baseline.js';
import { compare } from '../compare.js';
import { HttpLoad } from '../load/http-load.js';
import type { Row } from '../row.js';
import { serveVariant } from './served-variant.js';

export const cachedVariant: Row = {
  name: 'cached-variant',
  title: 'cached variant of about 20 kB, over bare node:http',
  unit: '/s',
  target: { atLeast: 0.85 },
  async measure(context) {
    const { url, bytes, headers, pid } = await serveVariant(context);
    const baseline = Baseline.start(context.workspace, 'bare-http');
    const bareHttp = await baseline.ask<FixedResponse, { url: string }>({
      status: 200,
      headers,
      body: bytes.toString('base64'),
    });
    const load = new HttpLoad(context.pace);
    const found = await compare(
      { measure: () => load.perSecond({ url }, 200), pid },
      { measure: () => load.perSecond({ url: bareHttp.url }, 200), pid: baseline.pid },
      context.pace,
    );
    return { ...found, ...load.note };
  },
};
