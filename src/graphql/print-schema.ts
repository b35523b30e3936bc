import { writeFileSync } from 'node:fs';
import { printedSchema } from './schema.js';

/** The command behind `npm run schema`: writes schema.graphql of the working folder. */
writeFileSync('schema.graphql', printedSchema());
