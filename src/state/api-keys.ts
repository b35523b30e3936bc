import type { ApiKey, ApiKeyId } from '../domain/identity/api-key.js';
import { isScope } from '../domain/identity/scope.js';
import type { AccountId } from '../domain/images/image.js';
import type { ApiKeyReader, ApiKeyWriter } from '../domain/ports.js';
import type { ApiKey as ApiKeyRow, Prisma, PrismaClient } from './generated/client.js';
import { LostRaceError } from './lost-race.js';

export class PrismaApiKeyReader implements ApiKeyReader {
  constructor(private readonly client: Pick<PrismaClient, 'apiKey'>) {}

  async find(id: ApiKeyId): Promise<ApiKey | null> {
    const row = await this.client.apiKey.findUnique({ where: { id } });
    return row && toApiKey(row);
  }

  async list(): Promise<ApiKey[]> {
    return (await this.client.apiKey.findMany({ orderBy: [{ createdOn: 'asc' }, { id: 'asc' }] })).map(toApiKey);
  }
}

/** Within one transaction of the writer client. */
export class PrismaApiKeyWriter implements ApiKeyWriter {
  constructor(private readonly transaction: Prisma.TransactionClient) {}

  find(id: ApiKeyId): Promise<ApiKey | null> {
    return new PrismaApiKeyReader(this.transaction).find(id);
  }

  async insert(key: ApiKey): Promise<void> {
    await this.transaction.apiKey.create({ data: { ...key, scopes: key.scopes.join(' ') } });
  }

  async setRevoked(id: ApiKeyId, revokedOn: Date): Promise<void> {
    const { count } = await this.transaction.apiKey.updateMany({ where: { id, revokedOn: null }, data: { revokedOn } });
    if (count === 0) throw LostRaceError.changed(`The key ${id}`);
  }

  async noteUse(id: ApiKeyId, usedOn: Date, before: Date): Promise<void> {
    await this.transaction.apiKey.updateMany({
      where: { id, OR: [{ lastUsedOn: null }, { lastUsedOn: { lte: before } }] },
      data: { lastUsedOn: usedOn },
    });
  }
}

const toApiKey = (row: ApiKeyRow): ApiKey => ({
  ...row,
  id: row.id as ApiKeyId,
  accountId: row.accountId as AccountId | null,
  // a scope that this version does not know allows nothing
  scopes: row.scopes.split(' ').filter(isScope),
});
