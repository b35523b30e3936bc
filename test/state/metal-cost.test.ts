import Database from 'libsql';
import { expect, test } from 'vitest';
import { acceptedFor, parseImageName } from '../../src/domain/metal/metal-image.js';
import type { MetalReader } from '../../src/domain/metal/metal-ports.js';
import { openTestState } from '../support/open-test-state.js';
import { insertMetalImages, sampleMetalImage } from '../support/samples.js';

const now = new Date('2026-06-01T00:00:00Z');
const everyVersion = { os: 'ubuntu', version: {} };
const filter = { os: 'ubuntu', features: ['machine'], expired: false } as const;

const reads: Record<keyof MetalReader, (metal: MetalReader, ids: readonly string[]) => Promise<unknown>> = {
  imagesById: (metal, ids) => metal.imagesById(ids),
  images: (metal) => metal.images({ filter, now, take: 'first', limit: 201 }),
  countImages: (metal) => metal.countImages(filter, now),
  matching: (metal) => metal.matching(everyVersion),
  latest: (metal) => metal.latest(everyVersion, now),
  orphans: (metal) => metal.orphans(now),
  usesOf: (metal, ids) => metal.usesOf(ids),
};

test.each(Object.entries(reads))('%s is one SELECT, of one image as of 200', async (_name, read) => {
  const { state, takeQueries } = await openTestState();
  const ids = Array.from({ length: 200 }, (_, index) => `ubuntu-${index}`);
  await insertMetalImages(
    state,
    ids.map((id) => sampleMetalImage(id)),
  );
  for (const some of [ids.slice(0, 1), ids]) {
    takeQueries();
    await read(state.read.metal, some);
    expect(takeQueries()).toEqual([expect.stringMatching(/^\s*SELECT /)]);
  }
});

const versionIndex = 'MetalImage_os_versionMajor_versionMinor_versionPatch_id_idx';

const planOf = (database: Database.Database, sql: string): string[] => {
  const parameters = Array.from(sql.matchAll(/\?/g), () => 0);
  const steps = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters) as { detail: string }[];
  return steps.map(({ detail }) => detail);
};

/** Ten operating systems with 100 versions of 10 minors of 10 majors each; every second one is expired. */
const insert100000Images = (database: Database.Database): void => {
  database.exec(`
    WITH RECURSIVE "Number"("n") AS (SELECT 0 UNION ALL SELECT "n" + 1 FROM "Number" WHERE "n" < 99999)
    INSERT INTO "MetalImage" SELECT
      printf('os%d-%d.%d.%d', "n" / 10000, "n" / 1000 % 10, "n" / 100 % 10, "n" % 100), '', '', '', TRUE, FALSE, 'preview',
      CASE "n" % 2 WHEN 0 THEN ${now.getTime() + 1} ELSE ${now.getTime()} END,
      printf('os%d', "n" / 10000),
      printf('%020d', "n" / 1000 % 10), printf('%020d', "n" / 100 % 10), printf('%020d', "n" % 100), 0, 0, 1
    FROM "Number"`);
};

test('among 100,000 images an id is resolved by one SELECT off the index, without a scan or a sort', async () => {
  const { state, path, takeQueries } = await openTestState();
  const database = new Database(path);
  try {
    insert100000Images(database);
    const expected = [
      { id: 'os3-4.5.7', latest: 'os3-4.5.7', unexpired: undefined, columns: ['Major', 'Minor', 'Patch'] },
      { id: 'os3-4.5', latest: 'os3-4.5.99', unexpired: 'os3-4.5.98', columns: ['Major', 'Minor'] },
      { id: 'os3-0', latest: 'os3-9.9.99', unexpired: 'os3-9.9.98', columns: [] },
    ];
    for (const { id, latest, unexpired, columns } of expected) {
      const name = parseImageName(id);
      if ('fault' in name) throw new Error(name.fault.kind);
      const match = { os: name.os, version: acceptedFor(name.version) };
      takeQueries();
      expect((await state.read.metal.latest(match))?.id).toBe(latest);
      expect((await state.read.metal.latest(match, now))?.id).toBe(unexpired);
      const statements = takeQueries();
      expect(statements).toHaveLength(2);
      const terms = ['os=?', ...columns.map((column) => `version${column}=?`)].join(' AND ');
      for (const sql of statements) {
        expect(planOf(database, sql)).toEqual([`SEARCH main.MetalImage USING INDEX ${versionIndex} (${terms})`]);
      }
    }
  } finally {
    database.close();
  }
});

test('orphans are found by one pass over the images, and what is asked of each is read off an index', async () => {
  const { state, path, takeQueries } = await openTestState();
  const database = new Database(path);
  try {
    // finds them, and then deletes them by the same condition
    await state.write(({ metal }) => metal.deleteOrphans(now));
    const statements = takeQueries().filter((sql) => sql.includes('"same"'));
    expect(statements).toHaveLength(2);
    for (const sql of statements) {
      const plan = planOf(database, sql);
      expect(plan.filter((step) => step.startsWith('SCAN'))).toHaveLength(1);
      expect(plan).toContain('SEARCH MetalImageUse USING COVERING INDEX MetalImageUse_imageId_idx (imageId=?)');
      expect(plan).toContain(`SEARCH same USING COVERING INDEX ${versionIndex} (os=?)`);
    }
  } finally {
    database.close();
  }
});
