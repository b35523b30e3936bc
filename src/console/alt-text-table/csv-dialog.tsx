import type { JSX } from 'preact';
import { useId, useState } from 'preact/hooks';
import { useConsole } from '../app/context.js';
import { messageOf } from '../app/session.js';
import { filterOf, type ImageQuery } from '../images/image-query.js';
import { Dialog } from '../ui/dialog.js';
import { type Status, StatusLine } from '../ui/status.js';
import { applyChanges, type ImageChange, type Plan, planChanges, readImages, tableOf } from './alt-text-table.js';

interface CsvDialogProps {
  readonly accountId: string;
  readonly query: ImageQuery;
  readonly onClose: () => void;
}

/** Larger tables are for the command-line tool. */
const maxFileBytes = 20_000_000;
const shownChanges = 20;
const shownLength = 60;

/** The alternative texts of an account as a file: out, and back in after a look at what that would change. */
export const CsvDialog = ({ accountId, query, onClose }: CsvDialogProps): JSX.Element => {
  const { session, images } = useConsole();
  const titleId = useId();
  const [plan, setPlan] = useState<Plan | null>(null);
  const [problems, setProblems] = useState<readonly string[]>([]);
  const [isBusy, setIsBusy] = useState(false);
  const [status, setStatus] = useState<Status | null>(null);

  const say = (words: string, isProblem = false): void => setStatus({ words, isProblem });
  const run = async (work: () => Promise<void>): Promise<void> => {
    if (isBusy) return;
    setIsBusy(true);
    await work().catch((error: unknown) => say(messageOf(error), true));
    setIsBusy(false);
  };

  const download = async (): Promise<void> => {
    const found = await readImages(session, accountId, filterOf(query), (done) => say(`${done} images read…`));
    const url = URL.createObjectURL(new Blob([tableOf(found, session.defaultLocale.value)], { type: 'text/csv' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = 'alternative-texts.csv';
    link.click();
    URL.revokeObjectURL(url);
    say(`${found.length} images exported.`);
  };

  const preview = async (file: File): Promise<void> => {
    setPlan(null);
    setProblems([]);
    if (file.size > maxFileBytes) throw new Error('The file has more than 20 MB. Use `npm run alt-text` for it.');
    const csv = await decoded(file);
    const found = await readImages(session, accountId, {}, (done) => say(`${done} images read…`));
    const planned = planChanges(csv, found, session.limits.value?.altTextLength ?? 0);
    setPlan(planned);
    setProblems(planned.problems);
    say(
      `${planned.changes.length} would change, ${planned.unchanged} unchanged, ${planned.problems.length} with errors.`,
    );
  };

  const apply = async (changes: readonly ImageChange[]): Promise<void> => {
    setPlan(null);
    const failed = await applyChanges({ session, images }, changes, (done) => say(`${done} of ${changes.length}…`));
    setProblems([...problems, ...failed]);
    say(`${changes.length - failed.length} of ${changes.length} changed.`, failed.length > 0);
  };

  return (
    <Dialog class="csv-dialog" labelledBy={titleId} onClose={onClose}>
      <h2 id={titleId}>Alternative texts as CSV</h2>
      <p class="muted">
        A row for each image, a column for each language. An empty cell is no text, and [decorative] says that the image
        is purely decorative.
      </p>
      <button type="button" class="button" onClick={() => void run(download)}>
        Export the images of this list
      </button>
      {session.may('IMAGES_WRITE') && (
        <label class="field">
          File to import
          <input
            type="file"
            accept=".csv,text/csv"
            onChange={({ currentTarget }) => {
              const [file] = currentTarget.files ?? [];
              if (file) void run(() => preview(file));
            }}
          />
        </label>
      )}
      <StatusLine status={status} />
      {plan !== null && plan.changes.length > 0 && (
        <>
          <ul class="csv-dialog-rows">
            {plan.changes.slice(0, shownChanges).map(({ line, texts }) => (
              <li key={line}>
                Line {line}:{' '}
                {texts.map(({ locale, before, after }) => `${locale} ${shown(before)} → ${shown(after)}`).join(', ')}
              </li>
            ))}
            {plan.changes.length > shownChanges && <li>and {plan.changes.length - shownChanges} more</li>}
          </ul>
          <button type="button" class="button primary" onClick={() => void run(() => apply(plan.changes))}>
            Change {plan.changes.length} {plan.changes.length === 1 ? 'image' : 'images'}
          </button>
        </>
      )}
      {problems.length > 0 && (
        <ul class="csv-dialog-rows problem">
          {problems.slice(0, shownChanges).map((problem) => (
            <li key={problem}>{problem}</li>
          ))}
          {problems.length > shownChanges && <li>and {problems.length - shownChanges} more</li>}
        </ul>
      )}
      <button type="button" class="button" onClick={onClose}>
        Close
      </button>
    </Dialog>
  );
};

/** Spreadsheets may save in another encoding, in which texts would be damaged without a notice. */
const decoded = async (file: File): Promise<string> => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer());
  } catch {
    throw new Error('The file is not in UTF-8. Save it as "CSV UTF-8".');
  }
};

const shown = (text: string | null): string => {
  if (text === null) return 'none';
  if (text === '') return 'decorative';
  return `“${text.length > shownLength ? `${text.slice(0, shownLength)}…` : text}”`;
};
