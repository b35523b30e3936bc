import type { FetchFile, ForeignImage } from '../domain/imports/import-image.js';
import type { ForeignMetalImage } from '../domain/imports/import-metal-image.js';
import type { ImportedId } from '../domain/imports/origin.js';

/** One thing that an API has, named for people by its id there. */
export type ForeignItem = { readonly label: string } & (
  | { readonly image: ForeignImage; readonly fetch: FetchFile }
  | { readonly metalImage: ForeignMetalImage }
  /** The API describes it in a way that cannot be used. */
  | { readonly problem: string }
);

/** An API whose images are imported. */
export interface Upstream {
  /** @see Origin */
  readonly source: string;
  /** Everything, each once. An API that cannot be listed throws {@link UpstreamError}. */
  list(): AsyncIterable<ForeignItem>;
  /** What the API has under the id of something that was imported from it; null if it has that no more. Absent if it cannot be asked. */
  readonly find?: (id: ImportedId) => Promise<ForeignItem | null>;
}
