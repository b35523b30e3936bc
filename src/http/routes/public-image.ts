import type { FastifyInstance, FastifyRequest } from 'fastify';
import { clientGone } from '../client-gone.js';
import { isNotModified } from '../conditional.js';
import { type ImageAnswer, type ImageAnswers, sharedImageHeaders } from '../image-answers.js';
import { sendImage, sendNotModified } from '../send-image.js';
import { publicImageOperation } from './public-image-operation.js';

type ImageRequest = FastifyRequest<{ Params: { publicId: string } }>;

export const publicImagePattern = '/images/:publicId';

/** `GET|HEAD /images/{publicId}`: resized public bytes. What needs no picture is answered without one: 304, HEAD, errors. */
export const publicImageRoute = (server: FastifyInstance, answers: ImageAnswers): void => {
  const find = ({ raw, params }: ImageRequest): Promise<ImageAnswer> => answers.find(raw, params.publicId);

  /** A picture that is replaced in the midst may lose its bytes under the render: then the new one is served. */
  const load = async (
    request: ImageRequest,
    answer: ImageAnswer,
    gone: AbortSignal,
  ): Promise<[ImageAnswer, Uint8Array]> => {
    try {
      return [answer, await answer.delivery.bytes(gone)];
    } catch (error) {
      if (gone.aborted) throw error;
      const now = await find(request);
      if (now.delivery.etag === answer.delivery.etag) throw error;
      return load(request, now, gone);
    }
  };

  server.route<{ Params: { publicId: string } }>({
    method: ['GET', 'HEAD'],
    url: publicImagePattern,
    config: { isPublic: true, documented: publicImageOperation },
    handler: async (request, reply) => {
      const answer = await find(request);
      const { delivery } = answer;
      if (isNotModified(request.headers, delivery.etag)) {
        reply.hijack();
        return sendNotModified(reply.raw, request.id, answer);
      }
      const inMemory = delivery.recall();
      // a HEAD tells the headers; its Content-Length would cost the whole render, so it is left out
      const [sent, bytes] =
        inMemory || request.method === 'HEAD' ? [answer, inMemory] : await load(request, answer, clientGone(reply));
      reply.hijack();
      return sendImage(reply.raw, request.id, sent, bytes);
    },
    errorHandler: (error, _request, reply) => {
      reply.headers({ ...sharedImageHeaders, vary: 'Accept' });
      throw error;
    },
  });
};
