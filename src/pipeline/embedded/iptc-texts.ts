import { decodeText, type RawTexts } from './embedded-text.js';

// Photoshop's image resources: 8BIM, an id, a name and data with their lengths, each padded to an even length.
const resourceMark = Buffer.from('8BIM', 'latin1');
const iimResource = 0x0404;

/** The data sets of record 2 (IPTC-IIM 4.2, chapter 6) that have texts. */
const dataSets: ReadonlyMap<number, 'creator' | 'copyright' | 'description'> = new Map([
  [80, 'creator'],
  [116, 'copyright'],
  [120, 'description'],
]);

/** The data of IPTC-IIM among Photoshop's image resources, or undefined if there are none. */
const findIim = (resources: Buffer): Buffer | undefined => {
  for (let at = 0; at + 12 <= resources.length; ) {
    if (!resources.subarray(at, at + 4).equals(resourceMark)) return undefined;
    const nameBytes = 1 + resources.readUInt8(at + 6);
    const size = at + 6 + nameBytes + (nameBytes % 2);
    if (size + 4 > resources.length) return undefined;
    const end = size + 4 + resources.readUInt32BE(size);
    if (resources.readUInt16BE(at + 4) === iimResource) return resources.subarray(size + 4, end);
    at = end + ((end - size - 4) % 2);
  }
  return undefined;
};

/** The texts in Photoshop's image resources. A data set that repeats, such as a creator, is a list. */
export const iptcTexts = (resources: Buffer): RawTexts => {
  const iim = findIim(resources) ?? Buffer.alloc(0);
  const found = { creator: [] as string[], copyright: [] as string[], description: [] as string[] };
  // a data set is a mark, a record, a number and a length; a longer length has its highest bit set, and no text needs one
  for (let at = 0; at + 5 <= iim.length && iim[at] === 0x1c; ) {
    const end = at + 5 + iim.readUInt16BE(at + 3);
    const name = iim[at + 1] === 2 ? dataSets.get(iim.readUInt8(at + 2)) : undefined;
    if (end > iim.length) break;
    if (name) found[name].push(decodeText(iim.subarray(at + 5, end)));
    at = end;
  }
  return {
    creator: found.creator.join(', '),
    copyright: found.copyright[0],
    description: found.description[0],
  };
};
