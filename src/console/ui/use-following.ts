import { useRef, useState } from 'preact/hooks';

/**
 * State that starts anew whenever the value changes that it is made from. It is set while the component renders: an effect runs later,
 * and would undo what somebody typed or chose before it ran.
 */
export const useFollowing = <Value>(value: Value): [state: Value, set: (next: Value) => void] => {
  const [state, setState] = useState(value);
  const seen = useRef(value);
  if (seen.current === value) return [state, setState];
  seen.current = value;
  setState(value);
  return [value, setState];
};
