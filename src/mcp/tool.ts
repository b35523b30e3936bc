import type { CallToolResult, McpServer, ToolAnnotations } from '@modelcontextprotocol/server';
import type { FastifyBaseLogger } from 'fastify';
import { z } from 'zod';
import type { Variants } from '../domain/delivery/variants.js';
import { DomainError } from '../domain/errors.js';
import { authorize, type Caller, effectiveScopes } from '../domain/identity/caller.js';
import type { Scope } from '../domain/identity/scope.js';
import type { ImageService } from '../domain/images/image-service.js';
import type { Limits } from '../domain/limits.js';
import type { MetalImageService } from '../domain/metal/metal-image-service.js';
import type { Waiter } from '../lib/single-flight.js';
import { maskedMessage } from '../web/errors.js';

export interface McpServices {
  readonly images: ImageService;
  readonly metal: MetalImageService;
  readonly variants: Variants;
  readonly limits: Limits;
}

/** One request, and on whose behalf it runs. */
export interface McpCall {
  readonly caller: Caller;
  readonly waiter: Waiter;
  readonly log: Pick<FastifyBaseLogger, 'error'>;
}

/** What a tool returns: facts as data, and an image in front of them if there is one to see. */
interface Outcome<Facts> {
  readonly facts: Facts;
  readonly jpeg?: Uint8Array;
}

interface Definition<Input extends z.ZodObject, Output extends z.ZodObject> {
  readonly name: string;
  readonly title: string;
  /** For a model, which decides by it when to call the tool. */
  readonly description: string;
  /** What the operation behind it asks for: tools that a key cannot use are not listed. */
  readonly scope: Scope;
  readonly input: Input;
  readonly output: Output;
  readonly annotations: ToolAnnotations;
  readonly run: (call: McpCall, input: z.output<Input>) => Promise<Outcome<z.input<Output>>>;
}

export interface Tool extends Pick<Definition<z.ZodObject, z.ZodObject>, 'name' | 'scope'> {
  register(server: McpServer, call: McpCall): void;
}

export const defineTool = <Input extends z.ZodObject, Output extends z.ZodObject>({
  name,
  title,
  description,
  scope,
  input,
  output,
  annotations,
  run,
}: Definition<Input, Output>): Tool => ({
  name,
  scope,
  register: (server, call) => {
    // a caller who may not use it is refused whatever the input is
    const inputSchema = effectiveScopes(call.caller).includes(scope) ? input : z.looseObject({});
    const config = { title, description, inputSchema, outputSchema: output, annotations };
    const callback = async (given: z.output<Input>): Promise<CallToolResult> => {
      try {
        authorize(call.caller, scope);
        return present(await run(call, given));
      } catch (error) {
        return refuse(error, name, call);
      }
    };
    // the library cannot see that what a schema of this generic type parses to is what the callback accepts
    server.registerTool(name, config, callback as never);
  },
});

const present = <Facts extends object>({ facts, jpeg }: Outcome<Facts>): CallToolResult => ({
  content: [
    ...(jpeg
      ? [{ type: 'image' as const, data: Buffer.from(jpeg).toString('base64'), mimeType: 'image/jpeg' as const }]
      : []),
    // "a tool that returns structured content SHOULD also return the serialized JSON in a TextContent block"
    { type: 'text', text: JSON.stringify(facts) },
  ],
  structuredContent: { ...facts },
});

/** An error is a result that the model reads and can act on. What was not expected is logged, and masked. */
const refuse = (error: unknown, tool: string, { log, waiter }: McpCall): CallToolResult => {
  const isExpected = error instanceof DomainError;
  if (!isExpected && !waiter.signal.aborted) log.error({ err: error, tool }, 'tool failed');
  const text = isExpected ? `${error.code}: ${error.message}` : maskedMessage;
  return { content: [{ type: 'text', text }], isError: true };
};
