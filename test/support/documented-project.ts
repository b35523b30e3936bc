import { execFile } from 'node:child_process';
import { copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

/**
 * Runs lines of a shell in a folder, where the commands of the installed packages are found as by `npx`. Rejects with what they
 * printed if one fails.
 */
export const runIn = (folder: string, lines: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const path = `${join(root, 'node_modules/.bin')}${delimiter}${process.env['PATH']}`;
    const environment = { ...process.env, PATH: path };
    execFile('sh', ['-e', '-c', lines], { cwd: folder, env: environment }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${lines}\n${stdout}${stderr}`));
      else resolve();
    });
  });

interface CodeBlock {
  readonly language: string;
  /** What follows the language on the opening fence, which a reader of the page does not see: `file=<path>` or `run`. */
  readonly label: string;
  readonly text: string;
}

const codeBlocks = (markdown: string): CodeBlock[] =>
  Array.from(markdown.matchAll(/^```(\w+) ?(.*)\n([\s\S]*?)^```$/gm), ([, language = '', label = '', text = '']) => ({
    language,
    label,
    text,
  }));

/** The address that the documentation gives the server. */
const documentedUrl = 'http://127.0.0.1:4000';

/** Strict, and otherwise what the pages of the packages ask for. */
const compilerOptions = {
  target: 'es2023',
  lib: ['es2023', 'dom', 'dom.iterable', 'dom.asynciterable'],
  module: 'preserve',
  types: [],
  strict: true,
  skipLibCheck: true,
  noEmit: true,
};

/**
 * Writes the files that a page of the documentation prints into a folder, where `serverUrl` is the address of the server, and runs
 * the commands that are labelled `run`.
 */
export const writeDocumentedProject = async (folder: string, page: string, serverUrl: string): Promise<void> => {
  const blocks = codeBlocks(await readFile(join(root, page), 'utf8'));
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await copyFile(join(root, 'schema.graphql'), join(folder, 'schema.graphql'));
  await copyFile(join(root, 'examples/client-cache.ts'), join(folder, 'client-cache.ts'));
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['**/*.ts'] }));
  for (const { label, text } of blocks) {
    const path = /^file=(\S+)$/.exec(label)?.[1];
    if (!path) continue;
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text.replaceAll(documentedUrl, serverUrl));
  }
  for (const { label, text } of blocks) if (label === 'run') await runIn(folder, text);
};
