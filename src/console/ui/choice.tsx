import type { JSX } from 'preact';

interface ChoiceProps<Value extends string> {
  readonly label: string;
  readonly value: Value;
  /** The accepted values and what they are called. */
  readonly choices: Readonly<Record<Value, string>>;
  readonly onChoice: (value: Value) => void;
}

/** One of a few values. */
export const Choice = <Value extends string>({ label, value, choices, onChoice }: ChoiceProps<Value>): JSX.Element => (
  <label class="field">
    {label}
    <select value={value} onChange={(event) => onChoice(event.currentTarget.value as Value)}>
      {(Object.entries(choices) as [Value, string][]).map(([choice, name]) => (
        <option key={choice} value={choice}>
          {name}
        </option>
      ))}
    </select>
  </label>
);
