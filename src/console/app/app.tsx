import type { JSX } from 'preact';
import { ImagesPage } from '../images/images-page.js';
import { UploadPanel } from '../uploads/upload-panel.js';
import { ApiPage } from './api-page.js';
import { useConsole } from './context.js';
import { hrefOf, type Route, route } from './route.js';
import { SignIn } from './sign-in.js';

export const App = (): JSX.Element => {
  const { session, announcer } = useConsole();
  const { page } = route.value;
  const isSignedIn = session.viewer.value !== null && !session.needsKey.value;
  return (
    <div class="shell">
      {/* a link to the fragment would be taken for a route */}
      <button type="button" class="button shell-skip" onClick={() => document.getElementById('main')?.focus()}>
        Skip to the content
      </button>
      <header class="shell-header">
        <p class="shell-name">
          <img src="favicon.svg" alt="" width="28" height="28" />
          image-facade
        </p>
        <nav class="shell-nav" aria-label="Console">
          {session.may('IMAGES_READ') && (
            <PageLink to={{ page: 'images', accountId: null, imageId: null, query: '' }}>Images</PageLink>
          )}
          <PageLink to={{ page: 'api' }}>API</PageLink>
        </nav>
        {session.hasKey.value && (
          <button type="button" class="button quiet" onClick={() => void session.signOut()}>
            Sign out
          </button>
        )}
      </header>
      <main id="main" class="shell-main" tabIndex={-1}>
        {page === 'api' ? (
          <ApiPage />
        ) : session.isLoading.value && session.viewer.value === null ? (
          <p class="muted" role="status">
            Connecting…
          </p>
        ) : !isSignedIn ? (
          <SignIn />
        ) : session.may('IMAGES_READ') ? (
          <ImagesPage />
        ) : (
          <p class="notice">This key may do nothing that the console offers. It needs the scope images.read.</p>
        )}
      </main>
      <UploadPanel />
      <p class="visually-hidden" role="status" aria-live="polite">
        {announcer.text}
      </p>
    </div>
  );
};

const PageLink = ({ to, children }: { readonly to: Route; readonly children: string }): JSX.Element => (
  <a class="shell-link" href={hrefOf(to)} aria-current={route.value.page === to.page ? 'page' : undefined}>
    {children}
  </a>
);
