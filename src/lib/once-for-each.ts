/** Does a work once for each object: whoever asks again gets the same outcome, as long as the object is in use. */
export const onceForEach = <Key extends object, Result>(
  work: (key: Key) => Promise<Result>,
): ((key: Key) => Promise<Result>) => {
  const outcomes = new WeakMap<Key, Promise<Result>>();
  return (key) => {
    const outcome = outcomes.get(key) ?? work(key);
    outcomes.set(key, outcome);
    return outcome;
  };
};
