import type { FastifyReply } from 'fastify';

/** Adds the name of a request header to those that the response depends on. */
export const addVary = (reply: FastifyReply, name: string): void => {
  const names = [reply.getHeader('vary') ?? []].flat().join(', ');
  const isNamed = names
    .split(',')
    .some((known) => known.trim() === '*' || known.trim().toLowerCase() === name.toLowerCase());
  if (!isNamed) reply.header('vary', names ? `${names}, ${name}` : name);
};
