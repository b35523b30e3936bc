import { type ParseArgsConfig, parseArgs } from 'node:util';
import { causeForOperators } from '../app/start-requirement.js';
import { ConfigError } from '../config.js';
import { DomainError } from '../domain/errors.js';
import { StartRefusedError } from '../state/start-refused-error.js';

/** The command line is not one of those that the usage shows. */
export class UsageError extends Error {}

/** @throws {UsageError} for options that are not among those of the configuration. */
export const parseCommandLine = <Config extends ParseArgsConfig>(
  config: Config,
): ReturnType<typeof parseArgs<Config>> => {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
};

/** Without what a terminal would run: lines quote files, names and other servers. */
const shown = (text: string): string => text.replaceAll(/[^\P{Cc}\n\t]/gu, '?');

export const printLine = (line: string): void => {
  process.stdout.write(`${shown(line)}\n`);
};

export const printError = (text: string): void => {
  process.stderr.write(`${shown(text)}\n`);
};

/** Runs a command-line tool. What the operator can put right is reported without a stack; a wrong command line exits with 2. */
export const runTool = (usage: string, run: (args: string[]) => Promise<void>): void => {
  const args = process.argv.slice(2);
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(usage);
    return;
  }
  run(args).catch((error: unknown) => {
    const isUsage = error instanceof UsageError;
    const isExpected = isUsage || [ConfigError, StartRefusedError, DomainError].some((type) => error instanceof type);
    const text = isExpected
      ? (causeForOperators(error) ?? (error as Error).message)
      : String(error instanceof Error ? error.stack : error);
    printError(isUsage ? `${text}\n\n${usage.trimEnd()}` : text);
    process.exitCode = isUsage ? 2 : 1;
  });
};
