/** The action, but no more than once in so many milliseconds; calls in between are dropped. */
export const atMostEvery = <Given extends unknown[]>(
  ms: number,
  action: (...given: Given) => void,
): ((...given: Given) => void) => {
  let nextAt = Number.NEGATIVE_INFINITY;
  return (...given) => {
    const now = performance.now();
    if (now < nextAt) return;
    nextAt = now + ms;
    action(...given);
  };
};
