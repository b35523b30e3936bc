import type { ImageProcessor } from '../domain/ports.js';
import { inspect } from './inspect.js';
import type { PipelineLimits } from './open-picture.js';
import { render } from './render.js';

/** The image processor on sharp. */
export const createImageProcessor = (limits: PipelineLimits): ImageProcessor => ({
  inspect: (path) => inspect(path, limits),
  render: (source, plan) => render(source, plan, limits),
});
