import type { ServerProcess } from './server-process.js';

/** The value of a metric by its name, without the product's prefix, and labels; 0 where it was never counted. */
export const readMetric = async (
  { url }: Pick<ServerProcess, 'url'>,
  name: string,
  labels: Record<string, string> = {},
): Promise<number> => {
  const lines = (await (await fetch(`${url}/metrics`)).text()).split('\n');
  const found = lines.filter(
    (line) =>
      new RegExp(`^image_facade_${name}[{ ]`).test(line) &&
      Object.entries(labels).every(([label, value]) => line.includes(`${label}="${value}"`)),
  );
  return found.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
};
