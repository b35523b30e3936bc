import type { JSX } from 'preact';
import { ImagesPage } from '../images/images-page.js';
import { MetalPage } from '../metal/metal-page.js';
import { UploadPanel } from '../uploads/upload-panel.js';
import { ApiPage } from './api-page.js';
import { useConsole } from './context.js';
import { hrefOf, type Route, route } from './route.js';
import { SignIn } from './sign-in.js';

export const App = (): JSX.Element => {
  const { session, announcer } = useConsole();
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
          {session.may('METAL_VIEW') && <PageLink to={{ page: 'metal' }}>Metal images</PageLink>}
          <PageLink to={{ page: 'api' }}>API</PageLink>
        </nav>
        {session.hasKey.value && (
          <button type="button" class="button quiet" onClick={() => void session.signOut()}>
            Sign out
          </button>
        )}
      </header>
      <main id="main" class="shell-main" tabIndex={-1}>
        <Page />
      </main>
      <UploadPanel />
      <p class="visually-hidden" role="status" aria-live="polite">
        {announcer.text}
      </p>
    </div>
  );
};

const Page = (): JSX.Element => {
  const { session } = useConsole();
  const { page } = route.value;
  if (page === 'api') return <ApiPage />;
  if (session.viewer.value === null && session.isLoading.value) {
    return (
      <p class="muted" role="status">
        Connecting…
      </p>
    );
  }
  if (session.viewer.value === null || session.needsKey.value) return <SignIn />;
  if (session.may('METAL_VIEW') && (page === 'metal' || !session.may('IMAGES_READ'))) return <MetalPage />;
  if (session.may('IMAGES_READ')) return <ImagesPage />;
  return (
    <p class="notice">The console offers nothing that this key may do. It needs the scope images.read or metal.view.</p>
  );
};

const PageLink = ({ to, children }: { readonly to: Route; readonly children: string }): JSX.Element => (
  <a class="shell-link" href={hrefOf(to)} aria-current={route.value.page === to.page ? 'page' : undefined}>
    {children}
  </a>
);
