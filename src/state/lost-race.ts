import { setTimeout as sleep } from 'node:timers/promises';
import { WriteConflictError } from '../domain/errors.js';
import { Prisma } from './generated/client.js';

/** Every attempt but the last of one writer means that another one succeeded. */
const maxAttempts = 10;
const longestPauseMs = 50;

/** What is taken if a unique rule is violated, by the table and column of the rule. */
export const uniqueRules = {
  'ApiKey.id': 'the id of the key',
  'Blob.sha256': 'the hash of the bytes',
  'Image.dedupeKey': 'the bytes, which another image of the account has',
  'Image.id': 'the id of the image',
  'Image.publicId': 'the public id of the image',
  'ImageAltText.imageId.locale': 'the alternative text of the image in that language',
  'ImageHash.bucket.hash.imageId': 'the hash of the image',
  'ImageMetadata.addressKey': 'the address, where the account has another image',
  'ImageMetadata.imageId': 'the metadata of the image',
  'MetalImage.id': 'the id of the metal image',
  'MetalImageUse.machineId': 'the id of the machine',
  'Origin.imageId': 'the image, which has an origin',
  'Origin.metalImageId': 'the metal image, which has an origin',
  'Removal.key': 'the note that something was deleted',
  'RevokedGrant.id': 'the id of the grant',
  'Store.id': 'the id of the database',
  'Webhook.id': 'the id of the webhook',
} as const;
type UniqueRule = keyof typeof uniqueRules;
const uniqueRuleNames = Object.keys(uniqueRules) as UniqueRule[];

/** The rules that are primary keys, as PostgreSQL names a rule `Image_pkey` or `Image_publicId_key`. */
const primaryKeys: readonly UniqueRule[] = [
  'ApiKey.id',
  'Blob.sha256',
  'Image.id',
  'ImageHash.bucket.hash.imageId',
  'MetalImage.id',
  'MetalImageUse.machineId',
  'Removal.key',
  'RevokedGrant.id',
  'Store.id',
  'Webhook.id',
];

/** The rule behind a constraint of PostgreSQL; undefined for a rule without a sentence. */
export const ruleOfConstraint = (name: string): UniqueRule | undefined =>
  uniqueRuleNames.find((rule) => {
    const [table, ...columns] = rule.split('.');
    return name === (primaryKeys.includes(rule) ? `${table}_pkey` : `${table}_${columns.join('_')}_key`);
  });

/** Another writer changed what this transaction had read, or took what it wanted. Never leaves {@link rerunLostRaces}. */
export class LostRaceError extends Error {
  override readonly name = 'LostRaceError';
  /** @param final What the caller gets if every attempt ends like this. */
  private constructor(readonly final: unknown) {
    super('Another writer was faster.');
  }

  /** @param what The row that was changed or deleted since it was read. */
  static changed(what: string): LostRaceError {
    return new LostRaceError(
      new WriteConflictError(`${what} was changed by others while this change was made. Try again.`),
    );
  }

  static taken(rule: UniqueRule, options?: ErrorOptions): LostRaceError {
    return new LostRaceError(new WriteConflictError(`Already taken: ${uniqueRules[rule]}.`, options));
  }

  /** What names a row, or is named by one, that another writer deleted or inserted. */
  static broken(error: unknown): LostRaceError {
    return new LostRaceError(error);
  }
}

/**
 * Runs an attempt, each a transaction of its own, again until it loses no race.
 *
 * **This is the one place that understands violated constraints.** A failed statement ends a transaction on PostgreSQL, so nobody may
 * catch one inside and read on. The next attempt reads what the faster writer left, and its checks find the domain's error.
 * @throws {WriteConflictError} if every attempt lost.
 */
export const rerunLostRaces = async <Result>(attempt: () => Promise<Result>): Promise<Result> => {
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await attempt();
    } catch (error) {
      const race = error instanceof LostRaceError ? error : violationOf(error);
      if (!race) throw error;
      if (attempts === maxAttempts) throw race.final;
    }
    // at random, so that writers which met once do not meet again
    await sleep(Math.random() * Math.min(2 ** attempts, longestPauseMs));
  }
};

/** A violated constraint, as driver adapters report it to Prisma. */
interface Violation {
  readonly kind: string;
  readonly table?: string;
  readonly constraint?: { readonly fields?: readonly string[]; readonly index?: string };
}

const violationOf = (error: unknown): LostRaceError | undefined => {
  if (!(error instanceof Prisma.PrismaClientKnownRequestError)) return undefined;
  const { cause } = (error.meta?.['driverAdapterError'] ?? {}) as { cause?: Violation };
  if (cause?.kind === 'ForeignKeyConstraintViolation') return LostRaceError.broken(error);
  if (cause?.kind === 'TransactionWriteConflict') return LostRaceError.changed('What this change needs');
  if (cause?.kind !== 'UniqueConstraintViolation') return undefined;
  const rule = ruleOf(cause);
  return rule && LostRaceError.taken(rule, { cause: error });
};

/** SQLite reports the columns of a rule, PostgreSQL its name. */
const ruleOf = ({ table, constraint }: Violation): UniqueRule | undefined => {
  if (constraint?.index !== undefined) return ruleOfConstraint(constraint.index);
  const violated = `${table}.${constraint?.fields?.join('.')}`;
  return uniqueRuleNames.find((rule) => rule === violated);
};
