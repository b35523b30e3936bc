import type { Logger } from 'pino';
import type { ImageService } from '../domain/images/image-service.js';
import type { Adapters } from './open-adapters.js';

const intervalMs = 10 * 60 * 1000;

/** What the server does without being asked, at its start and every ten minutes: bytes that no image names, old changes and expired uploads go. */
export class Upkeep {
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    /** Runs work on one server of the installation only. */
    private readonly state: Pick<Adapters['state'], 'once'>,
    private readonly images: Pick<ImageService, 'sweep' | 'expireChanges' | 'expireUploads'>,
    private readonly log: Pick<Logger, 'error'>,
  ) {}

  start(): void {
    this.#timer = setInterval(() => this.#run(), intervalMs);
    this.#run();
  }

  /** Resolves when what is under way has come to its end, which is soon. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopping.abort();
    await this.#running;
  }

  #run(): void {
    const { signal } = this.#stopping;
    this.#running = this.state
      .once('upkeep', async () => {
        await this.images
          .sweep(signal)
          .catch((error: unknown) => this.log.error({ err: error }, 'some unnamed bytes could not be removed'));
        await this.images
          .expireChanges(signal)
          .catch((error: unknown) =>
            this.log.error({ err: error }, 'old changes could not be removed from the journal'),
          );
      })
      .catch((error: unknown) => this.log.error({ err: error }, 'nothing was swept'))
      // those of a folder are this server's own
      .then(() => this.images.expireUploads(signal))
      .catch((error: unknown) => this.log.error({ err: error }, 'expired uploads could not be removed'));
  }
}
