import { CorruptImageError, TooManyPixelsError } from '../../domain/errors.js';
import type { FileWindow } from '../file-window.js';
import { type GifBlock, gifBlocks, readGifScreen } from '../gif/gif-blocks.js';
import { type Container, type ContainerLimits, checkExtent, type Edit, TextBlocks } from './container.js';

const controlLabel = 0xf9;
const applicationLabel = 0xff;

/** What has the number of loops, in its first sub-block, with the most bytes of its data. */
const loopExtensions: readonly string[] = ['NETSCAPE2.0', 'ANIMEXTS1.0'];
const loopBytes = 32;

/** XMP (part 3, section 1.1.2): what its extension begins with, and what leads readers of sub-blocks from anywhere in the packet to the end. */
const xmpHead = '\x0bXMP DataXMP';
const xmpTrailerBytes = 258;

/** Notes the packet of an XMP extension, whose bytes are one after the other, and not in sub-blocks. */
async function noteXmp(texts: TextBlocks, window: FileWindow, { label, dataStart, end }: GifBlock): Promise<void> {
  const [packetStart, packetEnd] = [dataStart + xmpHead.length, end - xmpTrailerBytes];
  if (label !== applicationLabel || packetEnd <= packetStart) return;
  const head = await window.part(dataStart, xmpHead.length);
  if (head.toString('latin1') === xmpHead) texts.note('xmp', packetStart, packetEnd);
}

/** Whether a block that is no frame says how frames are shown. */
async function isKept(window: FileWindow, { label, dataStart, end }: GifBlock): Promise<boolean> {
  // GIF89a, section 23: four bytes in one sub-block
  if (label === controlLabel) return end - dataStart === 6;
  if (label !== applicationLabel || end - dataStart > loopBytes) return false;
  const data = await window.part(dataStart, end - dataStart);
  return loopExtensions.includes(data.toString('latin1', 1, 1 + data.readUInt8(0)));
}

/**
 * Reads the blocks of a GIF. Only frames, how long each is shown, and the number of loops are kept: texts, XMP and profiles are dropped.
 * @throws {CorruptImageError} {@link TooManyPixelsError} by what the headers claim: the screen as often as there are frames, and all
 *   frames together, as a decoder reads all pixels of a frame, however few of them are on the screen
 */
export async function readGif(window: FileWindow, limits: ContainerLimits): Promise<Container> {
  const edits: Edit[] = [];
  const texts = new TextBlocks();
  const screen = await readGifScreen(window);
  let { width, height } = screen;
  let frameCount = 0;
  let framePixels = 0;
  for await (const block of gifBlocks(window, screen, limits.sourceParts)) {
    const { frame, start, end } = block;
    if (!frame) {
      await noteXmp(texts, window, block);
      if (!(await isKept(window, block))) edits.push({ start, end, replacement: null });
      continue;
    }
    if (frame.width === 0 || frame.height === 0) throw new CorruptImageError('its header is damaged');
    // decoders enlarge a screen that the first frame does not fit into
    if (frameCount === 0) {
      width = Math.max(width, frame.left + frame.width);
      height = Math.max(height, frame.top + frame.height);
    }
    frameCount += 1;
    framePixels += frame.width * frame.height;
    checkExtent({ width, height, frameCount }, limits);
    if (framePixels > limits.sourcePixels) {
      throw new TooManyPixelsError(limits, { width: frame.width, height: frame.height, frameCount });
    }
  }
  if (frameCount === 0) throw new CorruptImageError('it has no pixels');
  return { format: 'gif', edits, pngColor: null, deep: null, texts: texts.all };
}
