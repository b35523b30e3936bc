import { createHmac, randomBytes } from 'node:crypto';

interface Signature {
  readonly type?: string;
  readonly key: string;
  readonly method: string;
  readonly date: Date;
  readonly salt?: string;
}

/** The headers that metal-go signs a request with. */
export const sign = ({
  type = 'Metal-Admin',
  key,
  method,
  date,
  salt = randomBytes(12).toString('hex'),
}: Signature) => {
  const xDate = date.toISOString().replace(/\.\d+/, '');
  const mac = createHmac('sha256', key).update(xDate).update(method).update(salt).digest('hex');
  return { authorization: `${type} ${mac}`, 'x-date': xDate, 'x-data-salt': salt };
};
