import type { Attributes } from '@opentelemetry/api';
import type { BlobStore, ImageProcessor, PublicImages, StagingArea, State } from '../domain/ports.js';
import type { Tracing } from './tracing.js';

interface Stores<OfState> {
  readonly state: OfState;
  readonly blobs: BlobStore;
  readonly staging: StagingArea;
  readonly processor: ImageProcessor;
}

interface Places {
  readonly database: 'sqlite' | 'postgresql';
  readonly blobStore: string;
}

/** The adapters, with a span for each of their works. */
export const tracedAdapters = <OfState extends State & { readonly publicImages: PublicImages }>(
  tracing: Tracing,
  { state, blobs, staging, processor }: Stores<OfState>,
  { database, blobStore }: Places,
): Stores<OfState> => {
  const ofDatabase = (operation: string): Attributes => ({
    'db.system.name': database,
    'db.operation.name': operation,
  });
  const ofStore = (): Attributes => ({ 'image_facade.store': blobStore });
  return {
    state: {
      ...state,
      read: tracedMethods(tracing, state.read, 'state', ofDatabase),
      publicImages: tracedMethods(tracing, state.publicImages, 'state.publicImages', ofDatabase),
      write: (work, row) => tracing.work('state.write', ofDatabase('write'), () => state.write(work, row)),
    },
    blobs: tracedMethods(tracing, blobs, 'store', ofStore),
    staging: tracedMethods(tracing, staging, 'staging', ofStore),
    processor: {
      inspect: (...args) => tracing.work('inspect', {}, () => processor.inspect(...args)),
      render: (source, plan) =>
        tracing.work(
          'render',
          {
            'image_facade.format': plan.format,
            'image_facade.width': plan.width,
            'image_facade.height': plan.height,
          },
          () => processor.render(source, plan),
        ),
    },
  };
};

/** An adapter whose methods, and those of the adapters in it, are traced under their names. */
const tracedMethods = <Adapter extends object>(
  tracing: Tracing,
  adapter: Adapter,
  name: string,
  attributesOf: (method: string) => Attributes,
): Adapter => {
  const traced = new Map<PropertyKey, unknown>();
  const trace = (property: PropertyKey, value: unknown): unknown => {
    const method = String(property);
    const fullName = `${name}.${method}`;
    if (typeof value === 'object' && value !== null) return tracedMethods(tracing, value, fullName, attributesOf);
    if (typeof value !== 'function') return value;
    const attributes = attributesOf(method);
    return (...args: unknown[]) => tracing.work(fullName, attributes, () => value.apply(adapter, args));
  };
  return new Proxy(adapter, {
    get(_adapter, property) {
      const value: unknown = Reflect.get(adapter, property);
      if (typeof value !== 'function' && typeof value !== 'object') return value;
      if (!traced.has(property)) traced.set(property, trace(property, value));
      return traced.get(property);
    },
  });
};
