import type { Row } from '../row.js';
import { cachedOverNginx } from './cached-over-nginx.js';
import { cachedVariant } from './cached-variant.js';
import { coldOverIpxRows } from './cold-over-ipx.js';
import { coldResizes } from './cold-resize.js';
import { helloOverMercurius, helloOverYoga } from './hello.js';
import { idleMemory } from './idle-memory.js';
import { imageList, imageSrcsets } from './image-list.js';
import { commonText, lastPage, rareText } from './long-list.js';
import { notModified } from './not-modified.js';
import { renderMemory } from './render-memory.js';
import { scaleRows } from './scale.js';
import { similar } from './similar.js';
import { startTime } from './start-time.js';
import { uploadMemory } from './upload-memory.js';
import { uploads } from './uploads.js';

/** The table from top to bottom. Rows of several servers are measured only if they are named. */
export const rows: readonly Row[] = [
  ...coldResizes,
  ...coldOverIpxRows,
  cachedVariant,
  notModified,
  cachedOverNginx,
  helloOverYoga,
  helloOverMercurius,
  imageList,
  imageSrcsets,
  lastPage,
  rareText,
  commonText,
  similar,
  uploads,
  uploadMemory,
  renderMemory,
  startTime,
  idleMemory,
];

export const namedRows: readonly Row[] = [...rows, ...scaleRows];
