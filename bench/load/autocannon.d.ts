/** The part of autocannon that is used; the package brings no types. */
declare module 'autocannon' {
  export interface Options {
    readonly url: string;
    readonly method?: 'GET' | 'POST';
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly connections: number;
    /** Seconds. */
    readonly duration: number;
    readonly sampleInt?: number;
    readonly setupClient?: (client: Client) => void;
  }

  export interface Client {
    readonly pipelinedRequests: { addBody: (bytes: Uint8Array) => void };
  }

  export interface Result {
    readonly statusCodeStats: Readonly<Record<string, { readonly count: number }>>;
    readonly errors: number;
    /** Seconds. */
    readonly duration: number;
  }

  export default function autocannon(options: Options): Promise<Result>;
}
