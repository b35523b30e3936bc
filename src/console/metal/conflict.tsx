import type { JSX } from 'preact';
import { draftOf, type MetalDraft } from './metal-draft.js';
import type { MetalCard } from './metal-list.js';

const fields = {
  url: 'URL of its bytes',
  name: 'Name',
  description: 'Description',
  classification: 'Stage',
  expirationDay: 'Expires',
  features: 'Can be installed on',
} as const;

interface ConflictProps {
  readonly mine: MetalDraft;
  readonly theirs: MetalCard;
  readonly onKeepMine: () => void;
  readonly onUseTheirs: () => void;
}

/** Both versions of what somebody else changed meanwhile. */
export const Conflict = ({ mine, theirs, onKeepMine, onUseTheirs }: ConflictProps): JSX.Element => {
  const stored = draftOf(theirs);
  const differing = (Object.keys(fields) as (keyof typeof fields)[]).filter(
    (name) => String(mine[name]) !== String(stored[name]),
  );
  return (
    <section class="notice metal-conflict" role="alert">
      <p>It was changed meanwhile, so nothing was saved.</p>
      <table>
        <thead>
          <tr>
            <th scope="col">Field</th>
            <th scope="col">Yours</th>
            <th scope="col">Stored</th>
          </tr>
        </thead>
        <tbody>
          {differing.map((name) => (
            <tr key={name}>
              <th scope="row">{fields[name]}</th>
              <td dir="auto">{String(mine[name])}</td>
              <td dir="auto">{String(stored[name])}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <div class="buttons">
        <button type="button" class="button" onClick={onKeepMine}>
          Keep mine
        </button>
        <button type="button" class="button" onClick={onUseTheirs}>
          Use the stored one
        </button>
      </div>
    </section>
  );
};
