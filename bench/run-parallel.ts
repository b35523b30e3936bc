/** Works on all items, so many at a time, and resolves with how many were done per second. */
export const runParallel = async <Item>(
  items: readonly Item[],
  parallel: number,
  work: (item: Item) => Promise<void>,
): Promise<number> => {
  const startedMs = performance.now();
  const left = items.values();
  // all workers take from one iterator, so each item is taken once
  const worker = async () => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  return (items.length * 1_000) / (performance.now() - startedMs);
};
