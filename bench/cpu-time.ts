import { readFile } from 'node:fs/promises';

/** Of the kernel's accounting, on every platform that Node supports. */
const ticksPerSecond = 100;

/** The processor time that a process has used so far, in microseconds, threads included (proc(5), stat). */
export const cpuTimeUs = (pid: number): Promise<number> => sumOf(pid, [11, 12]);

/** The same with that of its children that have ended. */
export const cpuTimeWithEndedUs = (pid: number): Promise<number> => sumOf(pid, [11, 12, 13, 14]);

const sumOf = async (pid: number, indexes: readonly number[]): Promise<number> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // the name of the program, in brackets, may contain anything
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = indexes.reduce((sum, index) => sum + Number(fields[index]), 0);
  return (ticks * 1_000_000) / ticksPerSecond;
};
