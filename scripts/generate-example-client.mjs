// npm run examples:generate: does what `graphql-codegen` does in the folder of the typed client, whose codegen.json it obeys.
// Another folder with a codegen.json may be named: npm run examples:generate -- <folder>
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { preset } from '@graphql-codegen/client-preset';
import { codegen } from '@graphql-codegen/core';
import { buildASTSchema, parse } from 'graphql';

const [folder = resolve(import.meta.dirname, '../examples/typed-client')] = process.argv.slice(2);
const { schema: schemaPath, generates } = JSON.parse(readFileSync(join(folder, 'codegen.json'), 'utf8'));
const [[outputFolder, { presetConfig, config }]] = Object.entries(generates);

/** What the calls of `graphql` hold. One that this misses has no overload then, and does not compile. */
const documentsOf = (fileName) =>
  [...readFileSync(join(folder, fileName), 'utf8').matchAll(/\bgraphql\(`([^`]*)`\)/g)].map(([, rawSDL]) => ({
    location: join(folder, fileName),
    rawSDL,
    document: parse(rawSDL),
  }));

const schema = parse(readFileSync(join(folder, schemaPath), 'utf8'));
const files = await preset.buildGeneratesSection({
  baseOutputDir: outputFolder,
  schema,
  schemaAst: buildASTSchema(schema),
  documents: readdirSync(folder)
    .filter((name) => name.endsWith('.ts'))
    .flatMap(documentsOf),
  config,
  presetConfig,
  plugins: [],
  pluginMap: {},
  documentTransforms: [],
});

rmSync(join(folder, outputFolder), { recursive: true, force: true });
mkdirSync(join(folder, outputFolder), { recursive: true });
for (const file of files) writeFileSync(join(folder, file.filename), await codegen(file));
