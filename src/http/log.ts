import { type DestinationStream, type Logger, pino } from 'pino';

/** The log of the process as lines of JSON. Lines that come while the last ones are written go out together. */
export const createLog = (level: string, stream: DestinationStream = pino.destination({ sync: false })): Logger =>
  pino({ level }, stream);
