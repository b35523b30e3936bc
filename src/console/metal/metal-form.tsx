import type { JSX } from 'preact';
import { useId, useState } from 'preact/hooks';
import { useConsole } from '../app/context.js';
import { messageOf } from '../app/session.js';
import {
  CreateMetalImageDocument,
  type MetalImageClassification,
  type MetalImageFeature,
  UpdateMetalImageDocument,
} from '../generated/graphql.js';
import { Choice } from '../ui/choice.js';
import { Dialog } from '../ui/dialog.js';
import { Conflict } from './conflict.js';
import { changesOf, draftOf, inputOf, type MetalDraft } from './metal-draft.js';
import type { MetalCard } from './metal-list.js';

const stages = {
  PREVIEW: 'Preview: new',
  SUPPORTED: 'Supported: recommended',
  DEPRECATED: 'Deprecated: will expire',
} as const satisfies Record<MetalImageClassification, string>;

const features = {
  MACHINE: 'Machines for workloads',
  FIREWALL: 'Machines that act as firewalls',
} as const satisfies Record<MetalImageFeature, string>;

interface MetalFormProps {
  /** Null for a new one. */
  readonly image: MetalCard | null;
  readonly onClose: () => void;
}

/** Creates a metal image, or changes one as it was when the form was opened. */
export const MetalForm = ({ image, onClose }: MetalFormProps): JSX.Element => {
  const { session, metal } = useConsole();
  const titleId = useId();
  const [based, setBased] = useState(image);
  const [draft, setDraft] = useState<MetalDraft>(draftOf(image));
  const [conflict, setConflict] = useState<MetalCard | null>(null);
  const [problem, setProblem] = useState<string | null>(null);

  const send = () =>
    based === null
      ? session.run(CreateMetalImageDocument, { input: inputOf(draft) }).then((data) => data.createMetalImage)
      : session
          .run(UpdateMetalImageDocument, {
            input: { imageId: based.imageId, expectedRevision: based.revision, ...changesOf(based, draft) },
          })
          .then((data) => data.updateMetalImage);

  const save = async (): Promise<void> => {
    try {
      const result = await send();
      if (!result) setProblem('The server responded without a result.');
      else if ('metalImage' in result) {
        metal.store(result.metalImage);
        onClose();
      } else if ('current' in result) setConflict(result.current);
      else if ('issues' in result)
        setProblem(result.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join(' '));
      else setProblem(result.message);
    } catch (error) {
      setProblem(messageOf(error));
    }
  };

  const set = (change: Partial<MetalDraft>): void => setDraft({ ...draft, ...change });
  return (
    <Dialog class="metal-form" labelledBy={titleId} onClose={onClose}>
      <h2 id={titleId}>{based === null ? 'New metal image' : based.imageId}</h2>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        {based === null && (
          <Text
            label="Id: <os>-<major>[.<minor>[.<patch>]], such as ubuntu-24.04.20260101"
            value={draft.imageId}
            required
            onChange={(imageId) => set({ imageId })}
          />
        )}
        <Text label="URL of its bytes" value={draft.url} required onChange={(url) => set({ url })} />
        <Text label="Name" value={draft.name} onChange={(name) => set({ name })} />
        <Text label="Description" value={draft.description} onChange={(description) => set({ description })} />
        <Choice<MetalImageClassification>
          label="Stage"
          value={draft.classification}
          choices={stages}
          onChoice={(classification) => set({ classification })}
        />
        <label class="field">
          Expires (empty for 90 days from now)
          <input
            type="date"
            required={based !== null}
            value={draft.expirationDay}
            onInput={({ currentTarget }) => set({ expirationDay: currentTarget.value })}
          />
        </label>
        <fieldset>
          <legend>Can be installed on</legend>
          {(Object.entries(features) as [MetalImageFeature, string][]).map(([feature, name]) => (
            <label key={feature} class="metal-form-feature">
              <input
                type="checkbox"
                checked={draft.features.includes(feature)}
                onChange={({ currentTarget: { checked } }) =>
                  set({
                    features: checked
                      ? [...draft.features, feature]
                      : draft.features.filter((other) => other !== feature),
                  })
                }
              />
              {name}
            </label>
          ))}
        </fieldset>
        {conflict !== null && based !== null && (
          <Conflict
            mine={draft}
            theirs={conflict}
            onKeepMine={() => {
              setBased(conflict);
              setConflict(null);
              setProblem('Save again to replace what was changed meanwhile.');
            }}
            onUseTheirs={() => {
              setBased(conflict);
              setDraft(draftOf(conflict));
              setConflict(null);
              setProblem(null);
            }}
          />
        )}
        {conflict !== null && based === null && (
          <p class="problem" role="alert">
            {conflict.imageId} exists already.
          </p>
        )}
        <p class="problem" role="alert">
          {problem}
        </p>
        <div class="buttons">
          <button type="submit" class="button primary">
            {based === null ? 'Create' : 'Save'}
          </button>
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
        </div>
      </form>
    </Dialog>
  );
};

interface TextProps {
  readonly label: string;
  readonly value: string;
  readonly required?: boolean;
  readonly onChange: (value: string) => void;
}

const Text = ({ label, value, required = false, onChange }: TextProps): JSX.Element => (
  <label class="field">
    {label}
    <input
      dir="auto"
      value={value}
      required={required}
      onInput={({ currentTarget }) => onChange(currentTarget.value)}
    />
  </label>
);
