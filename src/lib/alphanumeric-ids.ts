import { customAlphabet } from 'nanoid';

/** A source of unguessable ids of so many characters of [A-Za-z0-9], which need no escape in URLs nor on command lines. */
export const alphanumericIds = (length: number): (() => string) =>
  customAlphabet('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz', length);
