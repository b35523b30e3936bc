import type { ImageProcessor } from '../domain/ports.js';
import { FileCleaner } from './clean-file.js';
import { inspect } from './inspect.js';
import type { PipelineLimits } from './open-picture.js';
import { render } from './render.js';

/** The image processor on sharp. */
export function createImageProcessor(limits: PipelineLimits): ImageProcessor {
  const cleaner = new FileCleaner(limits);
  return {
    inspect: (path) => inspect(path, cleaner, limits),
    render: (source, plan) => render(source, plan, cleaner, limits),
  };
}
