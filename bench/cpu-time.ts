import { readFile } from 'node:fs/promises';

/** Of the kernel's accounting, on every platform that Node supports. */
const ticksPerSecond = 100;

/** The processor time that a process has used so far, in microseconds, threads included (proc(5), stat). */
export const cpuTimeUs = async (pid: number): Promise<number> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // the name of the program, in brackets, may contain anything
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user, system] = [fields[11], fields[12]].map(Number);
  return (((user ?? Number.NaN) + (system ?? Number.NaN)) * 1_000_000) / ticksPerSecond;
};
