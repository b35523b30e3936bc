import { availableParallelism } from 'node:os';

/** As many renders at a time as the product makes. */
export const parallelRenders = availableParallelism() + 1;

/** More clients than that, so that a render always waits for its turn. */
export const clients = 2 * availableParallelism();
