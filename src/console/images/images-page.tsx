import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { CsvDialog } from '../alt-text-table/csv-dialog.js';
import { useConsole } from '../app/context.js';
import { goTo, type Route, route } from '../app/route.js';
import { ImageDetail } from '../image-detail/image-detail.js';
import { DropZone } from '../uploads/drop-zone.js';
import { AccountPicker, preferredAccount, rememberAccount } from './account-picker.js';
import { BulkBar } from './bulk-bar.js';
import { ImageGrid } from './image-grid.js';
import { formatImageQuery, type ImageQuery, parseImageQuery } from './image-query.js';
import { ImageTable } from './image-table.js';
import { NoImages } from './no-images.js';
import { Toolbar } from './toolbar.js';

const storedView = 'image-facade:view';

const view = signal<'grid' | 'table'>(localStorage.getItem(storedView) === 'table' ? 'table' : 'grid');

/** The images of one account. An image that is opened is above its list, which stays as it is. */
export const ImagesPage = (): JSX.Element => {
  const { session, images } = useConsole();
  const here = imagesRoute(route.value);
  const accountId = here.accountId ?? preferredAccount(session);
  const query = parseImageQuery(here.query);

  useEffect(() => {
    rememberAccount(accountId);
    images.show(accountId, query);
  }, [accountId, here.query]);
  useEffect(() => () => images.hide(), []);

  // a text arrives a little after it was typed: what was opened or chosen in the meantime stays
  const setQuery = (change: Partial<ImageQuery>): void => {
    const now = imagesRoute(route.peek());
    const next = formatImageQuery({ ...parseImageQuery(now.query), ...change });
    goTo({ ...now, accountId: now.accountId ?? accountId, query: next }, { replace: true });
  };

  const [isTableOpen, setIsTableOpen] = useState(false);
  const isEmpty = images.ids.value.length === 0;
  return (
    <>
      <div class="images-head">
        <h1>Images</h1>
        <AccountPicker accountId={accountId} />
        <DropZone accountId={accountId} />
      </div>
      <Toolbar
        query={query}
        onQuery={setQuery}
        onTable={() => setIsTableOpen(true)}
        view={view.value}
        onView={(next) => {
          view.value = next;
          localStorage.setItem(storedView, next);
        }}
      />
      {images.problem.value !== null && (
        <div class="notice problem" role="alert">
          <p>{images.problem.value}</p>
          <button type="button" class="button" onClick={() => void images.reload()}>
            Try again
          </button>
        </div>
      )}
      {images.isOutdated.value && (
        <p class="notice">
          There are new images that this list cannot place.{' '}
          <button type="button" class="button" onClick={() => void images.reload()}>
            Show them
          </button>
        </p>
      )}
      {isEmpty && !images.isLoading.value && images.problem.value === null ? (
        <NoImages isFiltered={here.query !== ''} onShowAll={() => goTo({ ...here, accountId, query: '' })} />
      ) : view.value === 'grid' ? (
        <ImageGrid />
      ) : (
        <ImageTable />
      )}
      {images.isLoading.value && (
        <p class="muted images-loading" role="status">
          Loading…
        </p>
      )}
      <BulkBar />
      {isTableOpen && <CsvDialog accountId={accountId} query={query} onClose={() => setIsTableOpen(false)} />}
      {here.imageId !== null && (
        <ImageDetail
          key={here.imageId}
          imageId={here.imageId}
          onClose={() => goTo({ ...here, accountId, imageId: null })}
        />
      )}
    </>
  );
};

/** Any other page of the console is shown as the images where its key allows no more. */
const imagesRoute = (here: Route): Extract<Route, { page: 'images' }> =>
  here.page === 'images' ? here : { page: 'images', accountId: null, imageId: null, query: '' };
