/** The parts of an OpenAPI document that are looked at here. */
interface ApiDocument {
  readonly paths?: Readonly<Record<string, Readonly<Record<string, ApiOperation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, unknown>> };
}

interface ApiOperation {
  readonly requestBody?: {
    readonly required?: boolean;
    readonly content: Readonly<Record<string, { readonly schema?: { readonly required?: readonly string[] } }>>;
  };
  readonly responses: Readonly<Record<string, object>>;
}

const requestId = { 'X-Request-ID': { $ref: '#/components/headers/X-Request-ID' } };

/** The document without what its generator adds wrongly. */
export const tidyDocument = (generated: object): object => {
  const document: ApiDocument = generated;
  const paths = mapValues(document.paths ?? {}, (item) => mapValues(withoutHead(item), tidyOperation));
  return withoutUnusedSchemas({ ...document, paths });
};

/** HEAD responds as GET does, without the body: as an operation of its own it would have the same id. */
const withoutHead = ({ head: _head, ...item }: Readonly<Record<string, ApiOperation>>) => item;

const tidyOperation = ({ requestBody, responses, ...operation }: ApiOperation): ApiOperation => ({
  ...operation,
  ...(requestBody ? { requestBody: { ...requestBody, required: needsBody(requestBody) } } : {}),
  responses: mapValues(responses, (response) => ({ ...response, headers: requestId })),
});

/** Only a form none of whose parts is required may be left out as a whole. */
const needsBody = ({ content }: NonNullable<ApiOperation['requestBody']>): boolean =>
  Object.entries(content).some(
    ([type, { schema }]) => type !== 'multipart/form-data' || (schema?.required ?? []).length > 0,
  );

/** A registered schema comes in a form for reading and one for writing; mostly only one is used. */
const withoutUnusedSchemas = (document: ApiDocument): ApiDocument => {
  const { components, ...rest } = document;
  const schemas = components?.schemas ?? {};
  const used = new Set<string>();
  const follow = (value: unknown): void => {
    for (const [, name = ''] of JSON.stringify(value).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (used.has(name)) continue;
      used.add(name);
      follow(schemas[name] ?? {});
    }
  };
  follow(rest);
  const kept = Object.entries(schemas).filter(([name]) => used.has(name));
  return { ...rest, components: { ...components, schemas: Object.fromEntries(kept) } };
};

const mapValues = <From, To>(record: Readonly<Record<string, From>>, map: (value: From) => To): Record<string, To> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
