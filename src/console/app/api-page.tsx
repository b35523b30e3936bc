import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { serverUrl } from '../api/execute.js';
import { messageOf } from './session.js';

interface EntryPoint {
  readonly name: string;
  readonly url: string;
  readonly description: string;
}

/** Everything that the server has besides the console, as it says itself. */
export const ApiPage = (): JSX.Element => {
  const [entryPoints, setEntryPoints] = useState<readonly EntryPoint[]>([]);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    readEntryPoints().then(setEntryPoints, (error) => setProblem(messageOf(error)));
  }, []);
  return (
    <section class="api-page">
      <h1>API</h1>
      {problem !== null && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <dl>
        {entryPoints.map(({ name, url, description }) => (
          <div key={url}>
            <dt>{url.includes('{') ? name : <a href={url}>{name}</a>}</dt>
            <dd>
              <code>{url}</code>
              <br />
              {description}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
};

const readEntryPoints = async (): Promise<readonly EntryPoint[]> => {
  const response = await fetch(serverUrl, { headers: { accept: 'application/json' } });
  return ((await response.json()) as { entryPoints: EntryPoint[] }).entryPoints;
};
