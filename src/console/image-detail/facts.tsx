import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { localUrl } from '../api/local-url.js';
import { useConsole } from '../app/context.js';
import { messageOf } from '../app/session.js';
import type { ImageDetailFragment } from '../generated/graphql.js';
import { formatNameOf, sizeOf } from '../images/image-words.js';
import { formatBytes } from '../ui/format-bytes.js';
import { formatDate } from '../ui/format-date.js';

/** What is known of an image, and its unchanged file. */
export const Facts = ({ image }: { readonly image: ImageDetailFragment }): JSX.Element => {
  const { session } = useConsole();
  const [problem, setProblem] = useState<string | null>(null);
  const { address } = image.metadata;
  const { embedded } = image;
  const facts: readonly (readonly [string, string | null])[] = [
    ['File name', image.fileName],
    ['Format', `${formatNameOf(image)}${image.frameCount > 1 ? `, ${image.frameCount} frames` : ''}`],
    ['Size', `${sizeOf(image)} pixels, ${formatBytes(image.byteSize)}`],
    ['Transparency', image.hasAlpha ? 'has an alpha channel' : 'none'],
    ['Uploaded', formatDate(image.createdOn)],
    ['Changed', formatDate(image.updatedOn)],
    ['Version', String(image.version)],
    ['Alternative text in the file', embedded.altText],
    ['Description in the file', embedded.description],
    ['Creator in the file', embedded.creator],
    ['Copyright in the file', embedded.copyright],
    ['Address', address && [address.type, address.entityId, address.ds, address.cid].filter(Boolean).join(' / ')],
    ['Image id', image.imageId],
    ['Public id', image.publicId],
    ['GraphQL id', image.id],
    ['SHA-256', image.sha256],
  ];
  const download = async (): Promise<void> => {
    setProblem(null);
    try {
      const response = await fetch(localUrl(image.originalUrl), { headers: session.headers() });
      if (!response.ok) throw new Error(`The server responded with ${response.status}.`);
      const url = URL.createObjectURL(await response.blob());
      const link = Object.assign(document.createElement('a'), {
        href: url,
        download: image.fileName ?? image.publicId,
      });
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 10_000);
    } catch (error) {
      setProblem(messageOf(error));
    }
  };
  return (
    <section class="panel facts">
      <h3>Facts</h3>
      <dl>
        {facts.map(
          ([name, value]) =>
            value !== null && (
              <div key={name}>
                <dt>{name}</dt>
                <dd dir="auto">{value}</dd>
              </div>
            ),
        )}
      </dl>
      <button type="button" class="button" onClick={() => void download()}>
        Download the original
      </button>
      <p class="problem" role="alert">
        {problem}
      </p>
    </section>
  );
};
