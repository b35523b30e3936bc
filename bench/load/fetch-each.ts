import { Agent, get } from 'node:http';
import { runParallel } from '../run-parallel.js';

/** Fetches each URL once, so many at a time, and resolves with how many came per second. */
export const fetchEach = async (urls: readonly string[], parallel: number): Promise<number> => {
  const agent = new Agent({ keepAlive: true, maxSockets: parallel });
  try {
    return await runParallel(urls, parallel, (url) => fetchOnce(url, agent));
  } finally {
    agent.destroy();
  }
};

const fetchOnce = (url: string, agent: Agent): Promise<void> =>
  new Promise((resolve, reject) => {
    const request = get(url, { agent }, (response) => {
      response.resume();
      response.once('end', () =>
        response.statusCode === 200 ? resolve() : reject(new Error(`${url} answered ${response.statusCode}.`)),
      );
      response.once('error', reject);
    });
    request.once('error', reject);
  });
