import { readFile, writeFile } from 'node:fs/promises';

/** Why rows of memory are left out where this is not Linux. */
export const noProcFs = 'needs the /proc of Linux';
export const hasProcFs = process.platform === 'linux';

/** Megabytes of 2^20 bytes that a process holds in RAM, shared pages included. */
export const residentMiB = (pid: number): Promise<number> => statusMiB(pid, 'VmRSS');

/** The most that a process held since {@link forgetPeak}. */
export const peakMiB = (pid: number): Promise<number> => statusMiB(pid, 'VmHWM');

/** Lets the peak be counted from now on (proc(5), clear_refs). */
export const forgetPeak = (pid: number): Promise<void> => writeFile(`/proc/${pid}/clear_refs`, '5');

const statusMiB = async (pid: number, field: string): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
  return Number(kibibytes) / 1024;
};
