import type { AccountId } from '../../domain/images/image.js';
import type { ImageService } from '../../domain/images/image-service.js';
import type { CdnHeaders } from '../../web/images/cdn-headers.js';
import type { AccountOf } from './account.js';
import type { FileReceiver } from './receive-file.js';

/** What the operations work with. */
export interface GleanServices extends FileReceiver {
  readonly images: ImageService;
  readonly accountOf: AccountOf;
  /** The account whose addressed images everybody may see, if there is one. */
  readonly publicAccount: AccountId | null;
  readonly cdn: CdnHeaders;
  /** Under which base URL clients reach this server. */
  readonly baseUrl: () => string;
}
