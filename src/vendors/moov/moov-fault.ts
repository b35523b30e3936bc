/** A request that is refused before an operation begins, as `{"error": message}`. */
export class MoovFault extends Error {
  override readonly name = 'MoovFault';
  constructor(
    readonly statusCode: 400 | 404 | 415,
    message: string,
  ) {
    super(message);
  }
}
