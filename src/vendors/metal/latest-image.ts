import { InvalidInputError, NotFoundError } from '../../domain/errors.js';
import { formatVersion, parseImageName } from '../../domain/metal/metal-image.js';
import { notModified } from '../../web/documented-errors.js';
import type { RestServer } from '../../web/rest-server.js';
import { badQuery, conditionalHeaders, failures, notFound, oneImage, shared } from './documentation.js';
import { sendImage } from './entity-tag.js';
import type { MetalServices } from './metal-services.js';
import { parseSwitch } from './parse-switch.js';
import { firstIssueInVendorWords, problemInVendorWords } from './vendor-words.js';
import { latestQuery, shortIdParams } from './wire.js';

/**
 * The newest image that an id matches. Expired ones are skipped, as the vendor's releases v0.7.5 to v0.11.3 do; later ones return
 * them, as `include-expired` does here.
 */
export const latestImageRoute = (server: RestServer, { metal }: MetalServices): void => {
  server.get(
    '/image/:id/latest',
    {
      schema: {
        ...shared,
        operationId: 'getLatestMetalImage',
        summary: 'Get the newest metal image that an id stands for',
        params: shortIdParams,
        response: { ...failures, ...badQuery, ...notFound, 200: oneImage, 304: notModified },
      },
      config: { needs: 'metal.view', documented: { querystring: latestQuery, headers: conditionalHeaders } },
    },
    async (request, reply) => {
      const { caller, url } = request;
      const { id } = request.params;
      const includeExpired = parseSwitch(url, 'include-expired');
      const image = await metal.latest(caller, id, { includeExpired }).catch((error: unknown) => {
        // "latest, id unparsable: 404"
        throw error instanceof InvalidInputError ? noImageFor(id, firstIssueInVendorWords(error, { id })) : error;
      });
      if (!image) throw noImageFor(id, nothingMatches(id));
      return sendImage(request, reply, image);
    },
  );
};

const noImageFor = (id: string, reason: string) => new NotFoundError(`no image for id:${id} found:${reason}`);

const nothingMatches = (id: string): string => {
  const name = parseImageName(id);
  return 'fault' in name
    ? problemInVendorWords(name.fault, { id })
    : `no image for os:${name.os} version:${formatVersion(name.version)} found`;
};
