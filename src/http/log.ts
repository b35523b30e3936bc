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

/** The logs of the process, as lines of JSON in one stream. Lines that come while the last ones are written go out together. */
export const createLogs = (level: string, stream: DestinationStream = pino.destination({ sync: false })): Logs => {
  const requestLog = pino({ level }, stream);
  return { requestLog, log: requestLog.child({}, { redact: secretHeaders }) };
};
