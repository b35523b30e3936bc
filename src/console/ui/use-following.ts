import { useRef, useState } from 'preact/hooks';

/**
 * Follows a value when it has changed. That is done while the component renders: an effect runs later, and would undo what somebody
 * typed or chose before it ran.
 */
export const useChangeOf = <Value>(
  value: Value,
  follow: () => void,
  isSame: (one: Value, other: Value) => boolean = Object.is,
): void => {
  const seen = useRef(value);
  if (isSame(seen.current, value)) return;
  seen.current = value;
  follow();
};

/** State that is set to the value at first, and again whenever the value changes. */
export const useFollowing = <Value>(value: Value): [state: Value, set: (next: Value) => void] => {
  const [state, setState] = useState(value);
  useChangeOf(value, () => setState(value));
  return [state, setState];
};
