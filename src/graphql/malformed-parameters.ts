import type { Plugin } from 'graphql-yoga';
import { requestFault } from './request-fault.js';

/** Refuses `variables` or `extensions` of a URL or a form that are not JSON, which Yoga would report as a failure of the server. */
export const useMalformedParameters = (): Plugin => ({
  onRequestParse({ requestParser, setRequestParser }) {
    if (!requestParser) return;
    setRequestParser(async (request) => {
      try {
        return await requestParser(request);
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        throw requestFault('The parameters "variables" and "extensions" take JSON objects, and one is no JSON.');
      }
    });
  },
});
