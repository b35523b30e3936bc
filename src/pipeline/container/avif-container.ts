import { CorruptImageError, TooManyPixelsError, UnsupportedImageError } from '../../domain/errors.js';
import { type Av1Header, readAv1Header } from '../avif/av1-header.js';
import { type Box, ByteReader, boxHeaderBytes, PartCount, readBox } from '../avif/boxes.js';
import { type Meta, type Property, readMeta, xmpType } from '../avif/read-meta.js';
import { boxOf, type WrittenItem, writeMeta } from '../avif/write-meta.js';
import { codePointProfile } from '../color/avif-profile.js';
import { isProfileOf } from '../color/icc-profile.js';
import type { FileWindow } from '../file-window.js';
import {
  type Container,
  type ContainerLimits,
  checkExtent,
  type DeepSource,
  type Edit,
  type TextBlock,
  TextBlocks,
} from './container.js';

const damaged = (): CorruptImageError => new CorruptImageError('its header is damaged');

/** Properties that are kept as they are, the first of each: how large an image is, and how it is cropped, turned and mirrored. */
const keptProperties: readonly string[] = ['ispe', 'pixi', 'clap', 'irot', 'imir', 'auxC'];

/** Such as the layers of a progressive image: a decoder has to know them, or refuse the file. */
const essentialProperties: readonly string[] = [...keptProperties, 'av1C', 'colr', 'pasp'];

const alphaTypes: readonly string[] = ['urn:mpeg:mpegB:cicp:systems:auxiliary:alpha', 'urn:mpeg:hevc:2015:auxid:1'];

const textKinds: ReadonlyMap<string, TextBlock['kind']> = new Map([
  ['Exif', 'exifItem'],
  [xmpType, 'xmp'],
]);

/** MIAF (ISO/IEC 23000-22), section 7.3.11.4.2. */
const minTileSide = 64;

interface Size {
  readonly width: number;
  readonly height: number;
}

/** A file of which all items that matter are looked at. */
interface Avif {
  readonly window: FileWindow;
  readonly meta: Meta;
  readonly limits: ContainerLimits;
  readonly parts: PartCount;
  /** The bytes of items that may still be read: items may name the same ones. */
  bytesLeft: number;
}

/** The bytes behind the size, type, version and flags of a property. */
const dataOf = ({ box }: Property): ByteReader => new ByteReader(box, 12);

const propertyOf = ({ properties }: Meta, id: number, type: string): Property | undefined =>
  properties.get(id)?.find((property) => property.type === type);

async function readItem(avif: Avif, id: number): Promise<Buffer> {
  const extents = avif.meta.extents.get(id) ?? [];
  avif.bytesLeft -= extents.reduce((sum, { start, end }) => sum + end - start, 0);
  if (avif.bytesLeft < 0) throw damaged();
  const pieces: Buffer[] = [];
  for (const { start, end } of extents) pieces.push(await avif.window.copy(start, end));
  return Buffer.concat(pieces);
}

function sizeOf(meta: Meta, id: number): Size {
  const property = propertyOf(meta, id, 'ispe');
  if (!property) throw damaged();
  const reader = dataOf(property);
  const size = { width: reader.uint(4), height: reader.uint(4) };
  if (size.width === 0 || size.height === 0) throw damaged();
  return size;
}

/** `av1C` without the headers of AV1 that may follow its four bytes: they are in the data as well. */
const shortened = new WeakMap<Buffer, Buffer>();
function shortConfiguration(box: Buffer): Buffer {
  const short = shortened.get(box) ?? boxOf('av1C', box.subarray(8, 12));
  shortened.set(box, short);
  return short;
}

/** What the decoder sees of an item's properties, in their order, which is that of cropping, turning and mirroring. */
function writtenProperties(meta: Meta, id: number): WrittenItem['properties'] {
  const seen = new Set<string>();
  return (meta.properties.get(id) ?? []).flatMap((property) => {
    const { type, box, isEssential } = property;
    if (isEssential && !essentialProperties.includes(type)) throw new UnsupportedImageError('layered AVIF');
    // the colours of the image are written with the profile
    const name = type === 'colr' ? `colr ${box.toString('latin1', 8, 12)}` : type;
    const isKept = keptProperties.includes(type) || name === 'colr nclx' || (type === 'av1C' && box.length >= 12);
    if (!isKept || seen.has(name)) return [];
    seen.add(name);
    return [{ box: type === 'av1C' ? shortConfiguration(box) : box, isEssential }];
  });
}

/** An image and what it is made of. */
interface ReadImage {
  readonly id: number;
  readonly size: Size;
  readonly header: Av1Header;
  /** The ids of its tiles; none if it is coded as a whole. */
  readonly tiles: readonly number[];
}

async function readCoded(avif: Avif, id: number): Promise<{ size: Size; header: Av1Header }> {
  const type = avif.meta.types.get(id);
  if (type !== 'av01') throw type === undefined ? damaged() : new UnsupportedImageError('heif');
  const size = sizeOf(avif.meta, id);
  checkSize(avif, size);
  const header = readAv1Header(await readItem(avif, id), avif.parts);
  if (header.width !== size.width || header.height !== size.height) throw damaged();
  return { size, header };
}

/** A decoder of AVIF has all pixels at once, in several copies. */
function checkSize({ limits }: Avif, size: Size): void {
  const sourcePixels = Math.min(limits.sourcePixels, limits.avifSourcePixels);
  checkExtent({ ...size, frameCount: 1 }, { ...limits, sourcePixels });
}

/** ISO/IEC 23008-12, section 6.6.2.3.2: the shape of a grid, before its tiles are read. */
async function readGrid(avif: Avif, id: number): Promise<ReadImage> {
  const { meta, limits } = avif;
  const size = sizeOf(meta, id);
  checkSize(avif, size);
  const data = new ByteReader(await readItem(avif, id));
  if (data.uint(1) !== 0) throw damaged();
  const sideBytes = (data.uint(1) & 1) === 0 ? 2 : 4;
  const [rows, columns] = [1 + data.uint(1), 1 + data.uint(1)];
  if (data.uint(sideBytes) !== size.width || data.uint(sideBytes) !== size.height) throw damaged();
  const tiles = meta.references.find(({ type, from }) => type === 'dimg' && from === id)?.to ?? [];
  if (tiles.length !== rows * columns) throw damaged();
  if (tiles.length > limits.sourceTiles) throw new CorruptImageError(`it has more than ${limits.sourceTiles} tiles`);
  if (new Set(tiles).size < tiles.length) throw damaged();
  const [first = -1] = tiles;
  const tileSize = sizeOf(meta, first);
  const isCovered = tileSize.width * columns >= size.width && tileSize.height * rows >= size.height;
  if (!isCovered || tileSize.width < minTileSide || tileSize.height < minTileSide) throw damaged();
  // what is beyond the edges of the image is decoded as well
  checkSize(avif, { width: tileSize.width * columns, height: tileSize.height * rows });
  const { header } = await readCoded(avif, first);
  for (const tile of tiles.slice(1)) {
    const { size: found, header: other } = await readCoded(avif, tile);
    const isAlike =
      found.width === tileSize.width && found.height === tileSize.height && other.isDeep === header.isDeep;
    if (!isAlike) throw damaged();
  }
  return { id, size, header, tiles };
}

async function readImage(avif: Avif, id: number): Promise<ReadImage> {
  if (avif.meta.types.get(id) === 'grid') return readGrid(avif, id);
  return { id, tiles: [], ...(await readCoded(avif, id)) };
}

/** The id of the item that has the alpha of an image. */
function alphaOf(meta: Meta, imageId: number): number | undefined {
  const isAlpha = (id: number): boolean => {
    const property = propertyOf(meta, id, 'auxC');
    const text = property?.box.toString('latin1', 12).split('\0', 1)[0] ?? '';
    return alphaTypes.includes(text);
  };
  return meta.references.find(({ type, from, to }) => type === 'auxl' && to.includes(imageId) && isAlpha(from))?.from;
}

/** The colours of the image: its profile, else the code points of its header, else those of its data; null for sRGB. */
function profileOf({ meta, limits }: Avif, { id, header }: ReadImage): Buffer | null {
  const colors = (meta.properties.get(id) ?? []).filter(({ type }) => type === 'colr');
  const ofKind = (...kinds: readonly string[]) =>
    colors.find(({ box }) => kinds.includes(box.toString('latin1', 8, 12)))?.box;
  const embedded = ofKind('prof', 'rICC')?.subarray(12);
  if (embedded && embedded.length <= limits.profileBytes && isProfileOf(embedded, 'RGB ')) return embedded;
  const coded = ofKind('nclx');
  if (coded && coded.length >= 18) {
    return codePointProfile({ primaries: coded.readUInt16BE(12), transfer: coded.readUInt16BE(14) });
  }
  return header.codePoints && codePointProfile(header.codePoints);
}

/** The items with texts about the image, or about nothing in particular. Those in several pieces are too rare to be put together. */
function textsOf({ primaryId, types, extents, references }: Meta): readonly TextBlock[] {
  const texts = new TextBlocks();
  const ofOthers = new Set(
    references.flatMap(({ type, from, to }) => (type === 'cdsc' && !to.includes(primaryId) ? [from] : [])),
  );
  for (const [id, type] of types) {
    const kind = textKinds.get(type);
    const [piece, another] = extents.get(id) ?? [];
    if (kind && piece && !another && !ofOthers.has(id)) texts.note(kind, piece.start, piece.end);
  }
  return texts.all;
}

/** The items that the decoder sees: the image, its alpha, and the tiles of both. */
function writtenItems(meta: Meta, image: ReadImage, alpha: ReadImage | null, profile: Buffer | null): WrittenItem[] {
  const ids = [...new Set([image, ...(alpha ? [alpha] : [])].flatMap(({ id, tiles }) => [id, ...tiles]))];
  const numberOf = new Map(ids.map((id, index) => [id, index + 1]));
  const numbersOf = (found: readonly number[]): number[] => found.map((id) => numberOf.get(id) ?? 0);
  const isPremultiplied = meta.references.some(
    ({ type, from, to }) => type === 'prem' && from === image.id && alpha !== null && to.includes(alpha.id),
  );
  const referencesOf = (id: number): WrittenItem['references'] => {
    const tiles = id === image.id ? image.tiles : id === alpha?.id ? alpha.tiles : [];
    return [
      ...(tiles.length > 0 ? [{ type: 'dimg' as const, to: numbersOf(tiles) }] : []),
      ...(id === alpha?.id ? [{ type: 'auxl' as const, to: numbersOf([image.id]) }] : []),
      ...(id === image.id && isPremultiplied ? [{ type: 'prem' as const, to: numbersOf([alpha?.id ?? 0]) }] : []),
    ];
  };
  const colors = profile ? [{ box: boxOf('colr', Buffer.from('prof'), profile), isEssential: false }] : [];
  return ids.map((id) => ({
    type: meta.types.get(id) === 'grid' ? 'grid' : 'av01',
    extents: (meta.extents.get(id) ?? []).filter(({ start, end }) => end > start),
    properties: [...writtenProperties(meta, id), ...(id === image.id ? colors : [])],
    references: referencesOf(id),
  }));
}

/** The boxes of the file itself. @throws {CorruptImageError} */
async function readTopBoxes(window: FileWindow, fileBytes: number, parts: PartCount): Promise<Box[]> {
  const boxes: Box[] = [];
  for (let start = 0; start < fileBytes; start = boxes.at(-1)?.end ?? fileBytes) {
    parts.add();
    boxes.push(readBox((await window.from(start, boxHeaderBytes)).subarray(0, boxHeaderBytes), start, fileBytes));
  }
  return boxes;
}

/** What the decoder sees of the boxes of the file: none but the data, of which the new description is. */
function editsOf(boxes: readonly Box[], description: Buffer): Edit[] {
  const edits = boxes.flatMap(({ type, start, dataStart, end }): Edit[] => {
    if (type === 'ftyp') {
      const brands = Buffer.alloc(end - dataStart);
      brands.write('avif\0\0\0\0mif1miafavif', 'latin1');
      return [{ start: dataStart, end, replacement: brands }];
    }
    const size = Buffer.alloc(4);
    size.writeUInt32BE(end - start);
    // its size may be "up to the end", which moves
    const sized = dataStart - start === 8 ? [{ start, end: start + 4, replacement: size }] : [];
    return [...sized, { start: start + 4, end: start + 8, replacement: Buffer.from('free') }];
  });
  const fileBytes = boxes.at(-1)?.end ?? 0;
  return [...edits, { start: fileBytes, end: fileBytes, replacement: description }];
}

/**
 * Reads the boxes of an AVIF, and describes its image again: the decoder sees the image, its alpha and the tiles of both, without EXIF,
 * XMP, thumbnails and whatever else the file has. A sequence of images is shown as its still one. What is described is as large as the
 * data says, so that a decoder cannot be surprised.
 * @throws {UnsupportedImageError} {@link CorruptImageError} {@link TooManyPixelsError}
 */
export async function readAvif(window: FileWindow, limits: ContainerLimits): Promise<Container> {
  const parts = new PartCount(limits.sourceParts);
  const fileBytes = await window.size();
  const boxes = await readTopBoxes(window, fileBytes, parts);
  const metaBox = boxes.find(({ type }) => type === 'meta');
  const [first] = boxes;
  if (first?.type !== 'ftyp' || first.end - first.dataStart < 12) throw damaged();
  if (!metaBox) throw boxes.some(({ type }) => type === 'moov') ? new UnsupportedImageError('AVIF video') : damaged();
  const bytes = await window.copy(metaBox.start, metaBox.end);
  const meta = readMeta(bytes, metaBox.start, fileBytes, parts);
  const avif: Avif = { window, meta, limits, parts, bytesLeft: 2 * fileBytes };
  const image = await readImage(avif, meta.primaryId);
  const alphaId = alphaOf(meta, image.id);
  const alpha = alphaId === undefined ? null : await readImage(avif, alphaId);
  if (alpha && (alpha.size.width !== image.size.width || alpha.size.height !== image.size.height)) throw damaged();
  const profile = profileOf(avif, image);
  const deep: DeepSource | null = image.header.isDeep && profile ? { space: 'rgb16', profile } : null;
  const description = writeMeta(writtenItems(meta, image, alpha, profile));
  return { format: 'avif', edits: editsOf(boxes, description), pngColor: null, deep, texts: textsOf(meta) };
}
