import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The path of an installed program, which may be one that only the administrator's PATH contains. */
export const findProgram = (name: string): string | undefined =>
  [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
