// Bundles the console into dist/console/: a page, one script and one style sheet, both named by their hash. The server alone reads
// documents.json, the GraphQL documents that the console sends.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';

const root = join(import.meta.dirname, '..');
const sources = join(root, 'src/console');

export const bundleConsole = async () => {
  const bundled = await rolldown({
    input: join(sources, 'main.tsx'),
    platform: 'browser',
    resolve: { extensionAlias: { '.js': ['.ts', '.tsx', '.js'] } },
    tsconfig: join(sources, 'tsconfig.json'),
  });
  const { output } = await bundled.generate({ format: 'esm', minify: true });
  const [script] = output;
  const style = sourcesOf('.css').map((path) => readFileSync(path, 'utf8'));
  const folder = join(root, 'dist/console');
  mkdirSync(folder, { recursive: true });
  const page = readFileSync(join(sources, 'index.html'), 'utf8')
    .replace('%SCRIPT%', `console/${writeAsset(folder, 'js', script.code)}`)
    .replace('%STYLE%', `console/${writeAsset(folder, 'css', style.join('\n'))}`);
  writeFileSync(join(folder, 'index.html'), page);
  writeFileSync(join(folder, 'documents.json'), JSON.stringify(await sentDocuments()));
};

const sentDocuments = async () => {
  const bundled = await rolldown({ input: join(sources, 'generated/graphql.ts') });
  const { output } = await bundled.generate({ format: 'esm' });
  const generated = await import(`data:text/javascript,${encodeURIComponent(output[0].code)}`);
  return Object.values(generated)
    .filter((value) => value instanceof String)
    .map(String);
};

/** The base style comes first: its folder's name sorts before those of the features. */
const sourcesOf = (extension) =>
  readdirSync(sources, { recursive: true })
    .filter((path) => path.endsWith(extension))
    .sort()
    .map((path) => join(sources, path));

/** Writes a file and its compressed forms, and returns its name. */
const writeAsset = (folder, extension, text) => {
  const bytes = Buffer.from(text);
  const name = `console-${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}.${extension}`;
  writeFileSync(join(folder, name), bytes);
  const params = { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.byteLength };
  writeFileSync(join(folder, `${name}.br`), brotliCompressSync(bytes, { params }));
  writeFileSync(join(folder, `${name}.gz`), gzipSync(bytes, { level: 9 }));
  return name;
};
