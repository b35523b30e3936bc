import type { ImageService } from '../../domain/images/image-service.js';
import type { PresentImages } from './translate.js';
import type { FormReader } from './upload-form.js';

/** What a DELETE of Moov's API does: "until v0.21.x permanently delete; from v0.22.10 disable". */
export type MoovDelete = 'disable' | 'permanent';

/** What the operations work with. */
export interface MoovServices {
  readonly images: ImageService;
  readonly present: PresentImages;
  readonly forms: FormReader;
  readonly deletes: MoovDelete;
}
