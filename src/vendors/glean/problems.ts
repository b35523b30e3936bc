/**
 * The problem codes that Glean's clients know, with the status and the title of each. "type = https://developers.glean.com/errors/<code
 * with dashes>".
 */
export const problems = {
  authentication_required: { status: 401, title: 'Authentication required' },
  conflict: { status: 409, title: 'Conflict' },
  insufficient_permissions: { status: 403, title: 'Insufficient permissions' },
  insufficient_storage: { status: 507, title: 'Insufficient storage' },
  internal_error: { status: 500, title: 'Internal error' },
  invalid_parameter: { status: 400, title: 'Invalid parameter' },
  invalid_request: { status: 400, title: 'Invalid request' },
  missing_required_field: { status: 400, title: 'Missing required field' },
  precondition_failed: { status: 412, title: 'Precondition failed' },
  rate_limit_exceeded: { status: 429, title: 'Rate limit exceeded' },
  request_too_large: { status: 413, title: 'Request too large' },
  resource_not_found: { status: 404, title: 'Resource not found' },
  service_unavailable: { status: 503, title: 'Service unavailable' },
  unsupported_media_type: { status: 415, title: 'Unsupported media type' },
} as const;
export type ProblemCode = keyof typeof problems;

/** A request that is refused before an operation begins. */
export class GleanFault extends Error {
  override readonly name = 'GleanFault';
  constructor(
    readonly problem: ProblemCode,
    message: string,
  ) {
    super(message);
  }
}
