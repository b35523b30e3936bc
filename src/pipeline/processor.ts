import { UnavailableError } from '../domain/errors.js';
import type { ImageProcessor } from '../domain/ports.js';
import { FileCleaner } from './clean-file.js';
import type { EmbeddedLimits } from './embedded/read-embedded.js';
import { inspect } from './inspect.js';
import type { PipelineLimits } from './open-image.js';
import { render } from './render.js';

/**
 * The image processor on sharp.
 * @param onShortage Hears the cause of each failure for want of file descriptors, memory or threads.
 */
export function createImageProcessor(
  limits: PipelineLimits & EmbeddedLimits,
  onShortage: (cause: unknown) => void = () => {},
): ImageProcessor {
  const cleaner = new FileCleaner(limits);
  const reporting = (failure: unknown): never => {
    if (failure instanceof UnavailableError) onShortage(failure.cause);
    throw failure;
  };
  return {
    inspect: (path, formats) => inspect(path, formats, cleaner, limits).catch(reporting),
    render: (source, plan) => render(source, plan, cleaner, limits).catch(reporting),
  };
}
