import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { expect } from 'vitest';

interface ApiDocument {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { responses: Readonly<Record<string, ApiResponse>> }>>>
  >;
}

interface ApiResponse {
  readonly content?: Readonly<Record<string, { schema: { $ref?: string; format?: string } }>>;
}

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * A fetch that fails the test if a response differs from the server's own OpenAPI document: its status, its content type, its JSON to
 * the key, also where the JSON is sent as plain text. Routes that the document lacks are left alone.
 */
export const documentedFetch = async (baseUrl: string): Promise<typeof fetch> => {
  const document = (await (await fetch(`${baseUrl}/openapi.json`)).json()) as ApiDocument;
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateSchema: false });
  addFormats.default(ajv);
  ajv.addSchema(document, 'api');

  const check = async (method: string, path: string, answer: Response): Promise<void> => {
    expect(answer.headers.get('x-request-id')).toMatch(uuidPattern);
    const template = templateOf(document, path) ?? '';
    const operation = document.paths[template]?.[method.toLowerCase()];
    if (!operation) return;
    const place = `${method} ${template} ${answer.status}`;
    const body = Buffer.from(await answer.arrayBuffer());
    const status = [String(answer.status), `${Math.floor(answer.status / 100)}XX`].find(
      (key) => key in operation.responses,
    );
    if (!status) throw new Error(`${place} is not documented: ${body}`);
    const { content } = operation.responses[status] ?? {};
    const type = answer.headers.get('content-type')?.split(';')[0] ?? '';
    expect(content ? Object.keys(content) : [''], place).toContain(type);
    if (!content) expect(body, place).toHaveLength(0);
    if (!/^application\/(.+\+)?json$|^text\/plain$/.test(type)) return;
    const pointer = ['paths', template, method.toLowerCase(), 'responses', status, 'content', type, 'schema'];
    const validate = ajv.compile({ $ref: `api#/${pointer.map(escapePointer).join('/')}` });
    validate(JSON.parse(String(body)));
    expect(validate.errors, place).toBeNull();
  };

  return async (input, init) => {
    const request = new Request(input, init);
    const { method } = request;
    const path = new URL(request.url).pathname;
    const answer = await fetch(request);
    await check(method, path, answer.clone());
    return answer;
  };
};

/** The path of the document that a request's path is meant by. */
const templateOf = (document: ApiDocument, path: string): string | undefined =>
  Object.keys(document.paths).find((template) => new RegExp(`^${template.replace(/\{[^}]+\}/g, '[^/]+')}$`).test(path));

/** RFC 6901, and the escapes of a URI fragment. */
const escapePointer = (part: string): string => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));
