import type { ImageProcessor } from '../../src/domain/ports.js';
import { type Gate, newGate } from './gate.js';

/** Counts what the pipeline renders, and holds it while a test looks on. */
export class HeldRenders {
  /** How many renders began. */
  begun = 0;
  #gate: Gate | undefined;

  /** The override of the app. */
  readonly processor = (real: ImageProcessor): ImageProcessor => ({
    inspect: (path) => real.inspect(path),
    render: async (source, plan) => {
      this.begun += 1;
      await this.#gate?.opened;
      return real.render(source, plan);
    },
  });

  hold(): void {
    this.#gate = newGate();
  }

  release(): void {
    this.#gate?.open();
    this.#gate = undefined;
  }
}
