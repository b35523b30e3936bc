import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { InvalidInputError, UnauthenticatedError } from '../../../domain/errors.js';
import { NotUtf8Error } from '../../../web/bodies/json-bodies.js';
import { challenge } from '../../../web/guards/credentials.js';
import { moovErrorHandler } from '../errors.js';

/** A failure that RFC 6749, section 5.2, has a code for. */
export class OAuthFault extends Error {
  override readonly name = 'OAuthFault';
  readonly statusCode = 400;
  constructor(
    readonly code: 'invalid_grant' | 'invalid_request' | 'unsupported_grant_type',
    message: string,
  ) {
    super(message);
  }
}

/** The fields that the SDKs' types for a 422 have a place for. */
const validatedFields = new Set(['scope', 'refresh_token', 'token']);

const handleOtherError = moovErrorHandler();

/** Errors of the token endpoints: "400 GenericError; 422 AuthTokenRequestError", whose `error` is a code of RFC 6749. */
export const handleOAuthError = async (
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> => {
  reply.header('cache-control', 'no-store');
  if (error instanceof UnauthenticatedError) {
    reply.code(401).header('www-authenticate', challenge);
    return reply.send({ error: 'invalid_client', error_description: error.message });
  }
  if (error instanceof OAuthFault) {
    return reply.code(400).send({ error: error.code, error_description: error.message });
  }
  // 413 is outside of the contract
  if (error.statusCode === 413 || error instanceof NotUtf8Error) {
    return reply.code(400).send({ error: 'invalid_request', error_description: error.message });
  }
  const [fault] = issuesOf(error);
  if (!fault) return handleOtherError(error, request, reply);
  if (validatedFields.has(fault.name)) return reply.code(422).send({ [fault.name]: fault.message });
  const code = fault.name === 'grant_type' ? 'unsupported_grant_type' : 'invalid_request';
  const description = fault.name ? `${fault.name}: ${fault.message}` : fault.message;
  return reply.code(400).send({ error: code, error_description: description });
};

const issuesOf = (error: FastifyError): { name: string; message: string }[] => {
  if (error instanceof InvalidInputError) {
    return error.issues.map(({ path, message }) => ({ name: path.join('.'), message }));
  }
  return (error.validation ?? []).map(({ instancePath, message = '' }) => ({ name: instancePath.slice(1), message }));
};
