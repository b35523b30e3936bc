/** Does a work once for each object: later calls get the outcome of the first, as long as the object is in use. */
export const onceForEach = <Key extends object, Given extends unknown[], Result>(
  work: (key: Key, ...given: Given) => Promise<Result>,
): ((key: Key, ...given: Given) => Promise<Result>) => {
  const outcomes = new WeakMap<Key, Promise<Result>>();
  return (key, ...given) => {
    const outcome = outcomes.get(key) ?? work(key, ...given);
    outcomes.set(key, outcome);
    return outcome;
  };
};
