import { open } from 'node:fs/promises';
import { type EmbeddedTexts, noEmbeddedTexts } from '../../domain/images/image.js';
import type { Limits } from '../../domain/limits.js';
import type { TextBlock } from '../container/container.js';
import { FileWindow } from '../file-window.js';
import { cleanText, type RawTexts } from './embedded-text.js';
import { exifTexts } from './exif-texts.js';
import { iptcTexts } from './iptc-texts.js';
import { readPngText } from './png-texts.js';
import { xmpTexts } from './xmp-texts.js';

export type EmbeddedLimits = Pick<Limits, 'embeddedBytes' | 'embeddedTextLength'>;

/** In the order in which they are believed. */
const ranks = { xmp: 0, iptc: 1, exif: 2, png: 3 } as const;

interface Source {
  readonly rank: number;
  readonly texts: RawTexts;
}

const parse = async (kind: TextBlock['kind'], bytes: Buffer, maxBytes: number): Promise<Source> => {
  switch (kind) {
    case 'xmp':
      return { rank: ranks.xmp, texts: await xmpTexts(bytes) };
    case 'iptc':
      return { rank: ranks.iptc, texts: iptcTexts(bytes) };
    case 'exif':
      return { rank: ranks.exif, texts: exifTexts(bytes) };
    case 'exifItem':
      // ISO/IEC 23008-12, annex A.2.1: four bytes say how far behind them the TIFF header is
      return { rank: ranks.exif, texts: exifTexts(bytes.subarray(4 + bytes.readUInt32BE(0))) };
    default: {
      const text = await readPngText(kind, bytes, maxBytes);
      return 'xmp' in text ? { rank: ranks.xmp, texts: await xmpTexts(text.xmp) } : { rank: ranks.png, texts: text };
    }
  }
};

/** What a file says about itself. A block that is too long or cannot be read says nothing: no image is refused for it. */
export const readEmbedded = async (
  path: string,
  blocks: readonly TextBlock[],
  { embeddedBytes, embeddedTextLength }: EmbeddedLimits,
): Promise<EmbeddedTexts> => {
  // an EXIF block may have a large thumbnail behind the directory that is read; a part of any other is of no use
  const readable = blocks.filter(({ kind, start, end }) => kind.startsWith('exif') || end - start <= embeddedBytes);
  if (readable.length === 0) return noEmbeddedTexts;
  const sources: Source[] = [];
  const file = await open(path);
  try {
    const window = new FileWindow(file);
    for (const { kind, start, end } of readable) {
      const bytes = await window.copy(start, Math.min(end, start + embeddedBytes));
      const source = await parse(kind, bytes, embeddedBytes).catch(() => null);
      if (source) sources.push(source);
    }
  } finally {
    await file.close();
  }
  sources.sort((a, b) => a.rank - b.rank);
  const textOf = (name: keyof EmbeddedTexts): string | null => {
    for (const { texts } of sources) {
      const text = cleanText(texts[name] ?? '', embeddedTextLength);
      if (text !== null) return text;
    }
    return null;
  };
  return {
    altText: textOf('altText'),
    description: textOf('description'),
    creator: textOf('creator'),
    copyright: textOf('copyright'),
  };
};
