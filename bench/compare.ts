import { median } from './median.js';
import type { Pace } from './pace.js';

interface Sides {
  /** Measures the product once. */
  readonly product: () => Promise<number>;
  /** Measures what it is compared with once. */
  readonly baseline: () => Promise<number>;
}

/**
 * Measures both sides by turns, so that what else the machine does befalls both. The ratio is the median of those of the rounds;
 * which side goes first changes with each. One round that does not count goes before.
 */
export const compare = async (
  { product, baseline }: Sides,
  { rounds }: Pace,
): Promise<{ figure: number; baseline: number; ratio: number }> => {
  await product();
  await baseline();
  const figures: number[] = [];
  const baselines: number[] = [];
  const takeFigure = async () => figures.push(await product());
  const takeBaseline = async () => baselines.push(await baseline());
  for (let round = 0; round < rounds; round += 1) {
    for (const take of round % 2 === 0 ? [takeFigure, takeBaseline] : [takeBaseline, takeFigure]) await take();
  }
  const ratios = figures.map((figure, round) => figure / (baselines[round] ?? Number.NaN));
  return { figure: median(figures), baseline: median(baselines), ratio: median(ratios) };
};
