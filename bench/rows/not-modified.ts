import type { FixedResponse } from '../baselines/bare-http.js';
import { Baseline } from '../baselines/baseline.js';
import { compare } from '../compare.js';
import { HttpLoad } from '../load/http-load.js';
import type { Row } from '../row.js';
import { ownHeaders, serveVariant } from './served-variant.js';

export const notModified: Row = {
  name: 'not-modified',
  title: '304, over a bare node:http 304',
  unit: '/s',
  target: { atLeast: 0.85 },
  async measure(context) {
    const { url, etag, pid } = await serveVariant(context);
    const headers = { 'if-none-match': etag };
    const baseline = Baseline.start(context.workspace, 'bare-http');
    const bareHttp = await baseline.ask<FixedResponse, { url: string }>({
      status: 304,
      headers: ownHeaders(await fetch(url, { headers })),
      body: '',
    });
    const load = new HttpLoad(context.pace);
    const found = await compare(
      { measure: () => load.perSecond({ url, headers }, 304), pid },
      { measure: () => load.perSecond({ url: bareHttp.url, headers }, 304), pid: baseline.pid },
      context.pace,
    );
    return { ...found, ...load.note };
  },
};
