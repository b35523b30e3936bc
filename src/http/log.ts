import { type DestinationStream, type Logger, pino } from 'pino';

/** Nothing logs headers; where something does one day, with a request or an error around them, their secrets stay out. */
const secretHeaders = ['authorization', 'proxy-authorization', 'cookie', 'set-cookie'].flatMap((name) =>
  ['headers', '*.headers', '*.*.headers'].map((path) => `${path}["${name}"]`),
);

/** The log of the process as lines of JSON. Lines that come while the last ones are written go out together. */
export const createLog = (level: string, stream: DestinationStream = pino.destination({ sync: false })): Logger =>
  pino({ level, redact: secretHeaders }, stream);
