import { computed, type Signal, signal } from '@preact/signals';
import { execute, RequestError } from '../api/execute.js';
import { sendFile } from '../api/send-file.js';
import type { Announcer } from '../app/announcer.js';
import { messageOf, type Session } from '../app/session.js';
import { UploadImageDocument, type UploadImageMutation } from '../generated/graphql.js';
import type { ImageList } from '../images/image-list.js';
import { formatBytes } from '../ui/format-bytes.js';

export interface ImagePlace {
  readonly accountId: string;
  readonly imageId: string;
}

export type UploadState =
  | { readonly kind: 'waiting' }
  /** The fraction that was sent; null while the server fetches the file by itself. */
  | { readonly kind: 'sending'; readonly fraction: number | null }
  | { readonly kind: 'paused'; readonly reason: string }
  | {
      readonly kind: 'uploaded';
      readonly image: ImagePlace;
      readonly reenabled: boolean;
      /** Other images of the account that look like it, the nearest first. */
      readonly similar: readonly ImagePlace[];
    }
  | { readonly kind: 'duplicate'; readonly image: ImagePlace; readonly isDisabled: boolean }
  | { readonly kind: 'refused'; readonly message: string; readonly mayRetry: boolean };

export interface Upload {
  readonly id: number;
  readonly name: string;
  /** A file, or the URL that the server fetches it from. */
  readonly source: File | string;
  readonly accountId: string;
  /** Whether the image gets the alternative text of its file. */
  readonly adoptEmbeddedAltText: boolean;
  readonly state: Signal<UploadState>;
  readonly cancel: AbortController;
}

/** At a time: a browser opens six connections to a server, and the list needs some. */
const concurrency = 3;

/** Together about four minutes, in which a server restarts. */
const maxAttempts = 12;
const maxPauseMs = 30_000;

const cancelled: UploadState = { kind: 'refused', message: 'The upload was cancelled.', mayRetry: true };

export const isFinished = ({ kind }: UploadState): boolean => ['uploaded', 'duplicate', 'refused'].includes(kind);

export interface UploadQueueDependencies {
  readonly session: Session;
  readonly images: ImageList;
  readonly announcer: Announcer;
}

/** The files on their way to the server. A file that cannot be sent at present is sent again, until the server has it or refuses it. */
export const createUploadQueue = ({ session, images, announcer }: UploadQueueDependencies) => {
  const uploads = signal<readonly Upload[]>([]);
  /** For the files that are added from then on. */
  const adoptsAltTexts = signal(false);
  let lastId = 0;
  let running = 0;

  const counts = computed(() => {
    const states = uploads.value.map(({ state }) => state.value);
    return {
      all: states.length,
      finished: states.filter(isFinished).length,
      refused: states.filter(({ kind }) => kind === 'refused').length,
      duplicates: states.filter(({ kind }) => kind === 'duplicate').length,
    };
  });

  /** By bytes, 0 to 1: a hundred icons weigh less than a photograph. */
  const fraction = computed(() => {
    const all = uploads.value.reduce((sum, upload) => sum + weightOf(upload), 0);
    const sent = uploads.value.reduce(
      (sum, upload) => sum + weightOf(upload) * (fractionOf(upload.state.value) ?? 0),
      0,
    );
    return all === 0 ? 0 : sent / all;
  });

  const announceProgress = (): void => {
    const { all, finished, refused } = counts.value;
    const rest = refused > 0 ? `, ${refused} refused` : '';
    announcer.announce(
      finished === all
        ? `Upload finished: ${all - refused} of ${all} files${rest}.`
        : `${finished} of ${all} files${rest}.`,
    );
  };

  const sendOnce = (upload: Upload): Promise<UploadImageMutation> => {
    const { accountId, adoptEmbeddedAltText, source, cancel, state } = upload;
    const input = { accountId, adoptEmbeddedAltText, warnOfNearDuplicates: true };
    const { signal } = cancel;
    if (typeof source === 'string') {
      state.value = { kind: 'sending', fraction: null };
      return execute(session.headers(), UploadImageDocument, { input: { ...input, url: source } }, signal);
    }
    state.value = { kind: 'sending', fraction: 0 };
    return sendFile(UploadImageDocument, { input: { ...input, file: null } }, source, {
      headers: session.headers(),
      signal,
      onProgress: (sent) => {
        state.value = { kind: 'sending', fraction: sent };
      },
    });
  };

  const send = async (upload: Upload): Promise<UploadState> => {
    let mayBeStored = false;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const { uploadImage } = await sendOnce(upload);
        return outcomeOf(uploadImage, mayBeStored);
      } catch (error) {
        if (upload.cancel.signal.aborted) return cancelled;
        if (!(error instanceof RequestError) || !error.isTemporary || attempt === maxAttempts) {
          return { kind: 'refused', message: messageOf(error), mayRetry: true };
        }
        mayBeStored ||= error.code === 'NETWORK';
        upload.state.value = { kind: 'paused', reason: error.message };
        await pause(Math.min(maxPauseMs, 500 * 2 ** (attempt - 1)), upload.cancel.signal);
        if (upload.cancel.signal.aborted) return cancelled;
      }
    }
  };

  /** After a response was lost, a duplicate is most likely the file itself. */
  const outcomeOf = (result: UploadImageMutation['uploadImage'], mayBeStored: boolean): UploadState => {
    if (!result) return { kind: 'refused', message: 'The server responded without a result.', mayRetry: true };
    switch (result.__typename) {
      case 'UploadImagePayload':
        images.place(result.image);
        return {
          ...{ kind: 'uploaded', image: result.image, reenabled: result.reenabled },
          similar: (result.warnings ?? []).flatMap((warning) => warning.similar.map(({ image }) => image)),
        };
      case 'DuplicateImageError':
        if (mayBeStored) return { kind: 'uploaded', image: result.existing, reenabled: false, similar: [] };
        return { kind: 'duplicate', image: result.existing, isDisabled: result.existing.disabledOn !== null };
      case 'InvalidInputError':
        return { kind: 'refused', message: result.issues.map(({ message }) => message).join(' '), mayRetry: false };
      default:
        return { kind: 'refused', message: result.message, mayRetry: false };
    }
  };

  const next = (): void => {
    const upload = uploads.value.find(({ state }) => state.peek().kind === 'waiting');
    if (!upload || running >= concurrency) return;
    running += 1;
    void send(upload).then((state) => {
      upload.state.value = state;
      running -= 1;
      announceProgress();
      next();
    });
    next();
  };

  return {
    uploads,
    adoptsAltTexts,
    counts,
    fraction,
    isBusy: computed(() => counts.value.finished < counts.value.all),

    add(files: readonly File[], accountId: string): void {
      const limit = session.limits.value?.fileBytes ?? Number.POSITIVE_INFINITY;
      const added = files.map((file): Upload => {
        lastId += 1;
        const isTooLarge = file.size > limit;
        return {
          id: lastId,
          name: file.name,
          source: file,
          accountId,
          adoptEmbeddedAltText: adoptsAltTexts.value,
          cancel: new AbortController(),
          state: signal<UploadState>(
            isTooLarge
              ? {
                  kind: 'refused',
                  mayRetry: false,
                  message: `The file has ${formatBytes(file.size)}; at most ${formatBytes(limit)} are accepted.`,
                }
              : { kind: 'waiting' },
          ),
        };
      });
      uploads.value = [...uploads.value, ...added];
      announceProgress();
      next();
    },

    addUrl(url: string, accountId: string): void {
      lastId += 1;
      const upload: Upload = {
        ...{ id: lastId, name: url, source: url, accountId },
        adoptEmbeddedAltText: adoptsAltTexts.value,
        cancel: new AbortController(),
        state: signal<UploadState>({ kind: 'waiting' }),
      };
      uploads.value = [...uploads.value, upload];
      announceProgress();
      next();
    },

    cancel(upload: Upload): void {
      if (upload.state.value.kind === 'waiting') {
        upload.state.value = cancelled;
      }
      upload.cancel.abort();
    },

    retry(upload: Upload): void {
      const again: Upload = {
        ...upload,
        cancel: new AbortController(),
        state: signal<UploadState>({ kind: 'waiting' }),
      };
      uploads.value = uploads.value.map((other) => (other === upload ? again : other));
      next();
    },

    clearFinished(): void {
      uploads.value = uploads.value.filter(({ state }) => !isFinished(state.value));
    },
  };
};

export type UploadQueue = ReturnType<typeof createUploadQueue>;

/** Nobody knows the size of what the server fetches. */
const fetchedWeight = 1_000_000;

const weightOf = ({ source }: Upload): number => (typeof source === 'string' ? fetchedWeight : source.size);

/** Null if it is not known. */
export const fractionOf = (state: UploadState): number | null => {
  if (state.kind === 'sending') return state.fraction;
  return isFinished(state) ? 1 : 0;
};

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
