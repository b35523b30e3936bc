import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { Workspace } from '../workspace.js';

/** A baseline in a process of its own, which answers one message at a time. */
export class Baseline {
  private constructor(private readonly process: ChildProcess) {}

  /** @param name The file of the baseline next to this one, without its extension. */
  static start(workspace: Workspace, name: string): Baseline {
    const script = join(import.meta.dirname, `${name}.js`);
    return new Baseline(workspace.start(process.execPath, [script], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }));
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  ask<Question extends object, Answer>(question: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const onExit = () => reject(new Error('The baseline ended before it answered.'));
      this.process.once('exit', onExit);
      this.process.once('message', (response) => {
        this.process.off('exit', onExit);
        resolve(response as Answer);
      });
      this.process.send(question);
    });
  }
}

/** The other end: answers each message by the work's result. An error ends the process. */
export const handleMessages = <Question, Answer>(work: (question: Question) => Promise<Answer>): void => {
  process.on('message', async (question) => process.send?.(await work(question as Question)));
};
