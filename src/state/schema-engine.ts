import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import {
  bindMigrationAwareSqlAdapterFactory,
  type SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils';
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg';

/** What of WebAssembly's interface is used; its types come only with those of browsers. */
declare const WebAssembly: {
  instantiate(bytes: Uint8Array, imports: Record<string, object>): Promise<{ instance: { exports: WasmExports } }>;
};
interface WasmExports {
  __wbindgen_start(): void;
}

let instantiation: Promise<void> | undefined;

const instantiate = async (): Promise<void> => {
  const packageFolder = dirname(createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm'));
  const bytes = await readFile(join(packageFolder, 'schema_engine_bg.wasm'));
  const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': bindings });
  // the package's own entry imports the .wasm as a module, which Node 20 can't; these two calls are what it does then
  bindings.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
};

/** Runs work with Prisma's schema engine, which is WebAssembly. A server never needs it: only those who write migrations do. */
export const withSchemaEngine = async <Result>(
  factory: SqlMigrationAwareDriverAdapterFactory,
  work: (engine: bindings.SchemaEngine) => Promise<Result>,
): Promise<Result> => {
  instantiation ??= instantiate();
  await instantiation;
  const adapter = bindMigrationAwareSqlAdapterFactory(factory);
  const engine = await bindings.SchemaEngine.new({ datamodels: undefined }, () => undefined, adapter);
  try {
    return await work(engine);
  } finally {
    engine.free();
  }
};
