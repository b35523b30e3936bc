// A part of `npm run schema`: writes the table of parameters in docs/delivery.md from their descriptions.
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parameters, versionParameter } from '../dist/domain/delivery/transform/transform.js';

const page = resolve(import.meta.dirname, '../docs/delivery.md');
const meaningOf = ({ description, words = {} }) =>
  [description, ...Object.entries(words).map(([word, meaning]) => `\`${word}\`: ${meaning}`)].join('<br>');
const rows = Object.entries({ ...parameters, [versionParameter.name]: versionParameter }).map(
  ([name, parameter]) =>
    `| \`${name}\` | ${parameter.accepted.replace(/^must be |\.$/g, '')} | ${meaningOf(parameter)} |\n`,
);
const start = '| parameter | accepted values | meaning |\n|---|---|---|\n';
const [before, after] = readFileSync(page, 'utf8').split(start);
writeFileSync(page, before + start + rows.join('') + after.replace(/^(?:\|.*\n)*/, ''));
