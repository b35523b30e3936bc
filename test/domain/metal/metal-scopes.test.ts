import { expect, test } from 'vitest';
import { ForbiddenError } from '../../../src/domain/errors.js';
import type { Caller } from '../../../src/domain/identity/caller.js';
import type { Scope } from '../../../src/domain/identity/scope.js';
import type { MetalImageService } from '../../../src/domain/metal/metal-image-service.js';
import { callerWith, useMetalStore } from '../../support/metal-store.js';

const id = 'image-1';
type Operation = (metal: MetalImageService, caller: Caller) => Promise<unknown>;

const operations: Record<Exclude<keyof MetalImageService, 'findUses' | 'isExpired'>, [Scope, Operation]> = {
  find: ['metal.view', (metal, caller) => metal.find(caller, [id])],
  findOne: ['metal.view', (metal, caller) => metal.findOne(caller, id)],
  list: ['metal.view', (metal, caller) => metal.list(caller, {}, {})],
  listAll: ['metal.view', (metal, caller) => metal.listAll(caller, {})],
  count: ['metal.view', (metal, caller) => metal.count(caller, {})],
  changes: ['metal.view', (metal, caller) => metal.changes(caller, {})],
  watch: ['metal.view', async (metal, caller) => metal.watch(caller)],
  latest: ['metal.view', (metal, caller) => metal.latest(caller, id, { includeExpired: true })],
  matching: ['metal.view', (metal, caller) => metal.matching(caller, id)],
  setUse: ['metal.edit', (metal, caller) => metal.setUse(caller, { machineId: 'm', imageId: id })],
  clearUse: ['metal.edit', (metal, caller) => metal.clearUse(caller, 'm')],
  create: ['metal.admin', (metal, caller) => metal.create(caller, { imageId: id, url: 'u' })],
  update: ['metal.admin', (metal, caller) => metal.update(caller, { imageId: id })],
  delete: ['metal.admin', (metal, caller) => metal.delete(caller, id)],
  deleteOrphans: ['metal.admin', (metal, caller) => metal.deleteOrphans(caller, { dryRun: true })],
};

const includedIn: Partial<Record<Scope, readonly Scope[]>> = {
  'metal.view': ['metal.view', 'metal.edit', 'metal.admin', 'admin'],
  'metal.edit': ['metal.edit', 'metal.admin', 'admin'],
  'metal.admin': ['metal.admin', 'admin'],
};
const scopes: Scope[] = ['images.read', 'images.write', 'metal.view', 'metal.edit', 'metal.admin', 'admin'];

test.each(Object.entries(operations))('%s asks for its scope or a wider one', async (_name, [needed, run]) => {
  const { metal } = await useMetalStore();
  for (const scope of scopes) {
    const outcome = await run(metal, callerWith(scope)).catch((error: unknown) => error);
    expect(outcome instanceof ForbiddenError, scope).toBe(!includedIn[needed]?.includes(scope));
  }
  const refusal = await run(metal, callerWith()).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ message: expect.stringContaining(needed) });
});
