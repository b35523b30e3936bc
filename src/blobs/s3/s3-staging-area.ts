import type { AccountId } from '../../domain/images/image.js';
import { asAccountId } from '../../domain/images/image.js';
import type { OpenedBytes, SpooledFile, StagingArea, UploadTarget } from '../../domain/ports.js';
import { parseStagedUpload, type StagedUpload } from '../../domain/uploads/staged-upload.js';
import type { S3Objects } from './s3-objects.js';

const folder = 'uploads/';

/** Staged files as objects `uploads/<account>/<id>`, which clients send to the store itself. */
export class S3StagingArea implements StagingArea {
  constructor(
    private readonly objects: S3Objects,
    private readonly now: () => Date,
  ) {}

  async create(upload: StagedUpload): Promise<UploadTarget> {
    await this.objects.putText(nameOf(upload), '');
    const seconds = Math.floor((upload.expiresOn.getTime() - this.now().getTime()) / 1000);
    const url = await this.objects.presignPut(nameOf(upload), upload.byteSize, seconds);
    return { url, headers: {} };
  }

  async has(upload: StagedUpload): Promise<boolean> {
    const found = await this.objects.get(nameOf(upload));
    found?.stream.destroy();
    return found !== null;
  }

  open(upload: StagedUpload): Promise<OpenedBytes | null> {
    return this.objects.get(nameOf(upload));
  }

  async put(upload: StagedUpload, file: SpooledFile): Promise<boolean> {
    if (!(await this.has(upload))) return false;
    await this.objects.putFile(nameOf(upload), file);
    return true;
  }

  remove(upload: StagedUpload): Promise<void> {
    return this.objects.remove(nameOf(upload));
  }

  async *list(accountId?: AccountId): AsyncIterable<StagedUpload> {
    for await (const { name } of this.objects.list(accountId ? `${folder}${accountId}/` : folder)) {
      const [, account = '', id = ''] = name.split('/');
      const owner = asAccountId(account);
      const upload = owner && parseStagedUpload(owner, id);
      if (upload) yield upload;
    }
  }
}

const nameOf = ({ accountId, id }: StagedUpload): string => `${folder}${accountId}/${id}`;
