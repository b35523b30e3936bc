/** A request that is refused before an operation begins, as `{"statuscode", "message"}`. */
export class MetalFault extends Error {
  override readonly name = 'MetalFault';
  constructor(
    readonly statusCode: 400 | 403 | 404 | 405 | 406 | 415,
    message: string,
  ) {
    super(message);
  }
}
