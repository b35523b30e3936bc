import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useConsole } from '../app/context.js';
import { hrefOfImage } from '../app/route.js';
import { messageOf } from '../app/session.js';
import { type ImageDetailFragment, SimilarImagesDocument, type SimilarImagesQuery } from '../generated/graphql.js';
import { nameOf } from '../images/image-words.js';

type Found = NonNullable<NonNullable<SimilarImagesQuery['image']>['similar']>;

interface Search {
  readonly sha256: string;
  readonly found: Found;
  readonly message: string | null;
}

/** Images of the account that look like this one. They are searched on demand. */
export const SimilarImages = ({ image }: { readonly image: ImageDetailFragment }): JSX.Element => {
  const { session } = useConsole();
  const [search, setSearch] = useState<Search | 'searching' | null>(null);
  const find = async (): Promise<void> => {
    setSearch('searching');
    const { id, sha256 } = image;
    try {
      const { image: read } = await session.run(SimilarImagesDocument, { id });
      const found = read?.similar ?? [];
      setSearch({
        sha256,
        found,
        message: read?.similar ? wordsOf(found) : 'The image has too little detail to compare.',
      });
    } catch (error) {
      setSearch({ sha256, found: [], message: messageOf(error) });
    }
  };
  // those of another file say nothing of this one
  const shown = typeof search === 'object' && search?.sha256 === image.sha256 ? search : null;
  return (
    <section class="panel">
      <h3>Similar images</h3>
      <button type="button" class="button" disabled={search === 'searching'} onClick={() => void find()}>
        Find similar images
      </button>
      <p class="muted" role="status">
        {search === 'searching' ? 'Searching…' : shown?.message}
      </p>
      <ul class="image-detail-similar">
        {shown?.found.map(({ image: other, distance }) => (
          <li key={other.imageId}>
            <a href={hrefOfImage(other)}>
              <img src={other.thumbnail} alt="" loading="lazy" />
              <span dir="auto">{nameOf(other)}</span>
            </a>
            <span class="muted">{distance === 0 ? 'The same view' : `Distance ${distance}`}</span>
          </li>
        ))}
      </ul>
    </section>
  );
};

const wordsOf = ({ length }: Found): string => {
  if (length === 0) return 'No other image of the account looks like this one.';
  return length === 1 ? '1 similar image' : `${length} similar images, the nearest first`;
};
