import { type DestinationStream, type Logger, pino } from 'pino';

export interface Logs {
  /** For whatever happens. */
  readonly log: Logger;
  /** For the one line of each request, whose fields are known: to look for secrets would take 20 times as long as to write it. */
  readonly requestLog: Logger;
}

/** Nothing logs headers; where something does one day, with a request or an error around them, their secrets stay out. */
const secretHeaders = ['authorization', 'proxy-authorization', 'cookie', 'set-cookie'].flatMap((name) =>
  ['headers', '*.headers', '*.*.headers'].map((path) => `${path}["${name}"]`),
);

/** Lines go out together: to write each by itself would be the largest part of a hot request. Those that wait go out at the end. */
const gathering = { sync: false, minLength: 4096, periodicFlush: 100 };

/** The logs of the process, as lines of JSON in one stream. */
export const createLogs = (level: string, stream: DestinationStream = pino.destination(gathering)): Logs => {
  const requestLog = pino({ level }, stream);
  return { requestLog, log: requestLog.child({}, { redact: secretHeaders }) };
};
