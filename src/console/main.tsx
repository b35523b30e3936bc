import { render } from 'preact';
import { createAnnouncer } from './app/announcer.js';
import { App } from './app/app.js';
import { ConsoleContext } from './app/context.js';
import { createSession } from './app/session.js';
import { createImageList } from './images/image-list.js';
import { createMetalList } from './metal/metal-list.js';
import { createUploadQueue } from './uploads/upload-queue.js';

const session = createSession();
const announcer = createAnnouncer();
const images = createImageList(session);
const metal = createMetalList(session);
const uploads = createUploadQueue({ session, images, announcer });

const root = document.getElementById('console');
if (root) {
  render(
    <ConsoleContext.Provider value={{ session, announcer, images, uploads, metal }}>
      <App />
    </ConsoleContext.Provider>,
    root,
  );
}
void session.load();
