import { setImmediate as nextTurn } from 'node:timers/promises';
import sax, { type Tag } from 'sax';
import type { RawTexts } from './embedded-text.js';

const rdf = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#';
const dc = 'http://purl.org/dc/elements/1.1/';
const iptc = 'http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/';

const properties = {
  altText: `${iptc}AltTextAccessibility`,
  extendedDescription: `${iptc}ExtDescrAccessibility`,
  description: `${dc}description`,
  creator: `${dc}creator`,
  copyright: `${dc}rights`,
} as const;
const isProperty = new Set<string>(Object.values(properties));

/** Deeper than any XMP, whose own texts are seven levels deep; the parser keeps something of each level and each attribute. */
const maxDepth = 64;
const maxAttributes = 512;

/** The characters that are parsed before other requests have their turn. */
const sliceLength = 16 * 1024;

/** One of the values of a property, in one of its languages. */
interface Item {
  readonly language: string | undefined;
  text: string;
}

/** An element, and the namespaces that it declares by their prefixes. */
interface OpenElement {
  readonly name: string;
  readonly declared: ReadonlyMap<string, string>;
}

const refuse = (reason: string): never => {
  throw new SyntaxError(reason);
};

const prefixPattern = /^(?:([^:]*):)?/;

/** The namespaces that the attributes of an element declare. Most declare none. */
const declaredBy = ({ attributes }: Tag): ReadonlyMap<string, string> =>
  new Map(
    Object.entries(attributes).flatMap(([name, uri]) => {
      if (name === 'xmlns') return [['', uri]];
      return name.startsWith('xmlns:') ? [[name.slice(6), uri]] : [];
    }),
  );

/** The values of the properties of an XMP packet. @throws {Error} for one that is not well-formed, has a DTD, or is nested too deep */
const readProperties = async (packet: string): Promise<ReadonlyMap<string, readonly Item[]>> => {
  const found = new Map<string, Item[]>();
  const open: OpenElement[] = [];
  /** Where the description of the image is: a property is one level below, and the values of a list three. */
  let rootDepth: number | undefined;
  let attributeCount = 0;
  let current: Item[] | undefined;
  /** A name with its namespace in place of its prefix. */
  const fullName = (name: string): string => {
    const [colon = '', prefix = ''] = prefixPattern.exec(name) ?? [];
    return `${open.findLast(({ declared }) => declared.has(prefix))?.declared.get(prefix) ?? ''}${name.slice(colon.length)}`;
  };
  const depthInProperty = (): number => open.length - (rootDepth ?? open.length) - 2;

  const parser = sax.parser(true, { position: false });
  parser.onerror = (error) => refuse(error.message);
  // XMP has none; the parser would know no entity of it anyway
  parser.ondoctype = () => refuse('it has a document type');
  parser.onopentagstart = () => {
    attributeCount = 0;
    if (open.length === maxDepth) refuse(`it is nested deeper than ${maxDepth} levels`);
  };
  parser.onattribute = () => {
    attributeCount += 1;
    if (attributeCount > maxAttributes) refuse(`an element has more than ${maxAttributes} attributes`);
  };
  parser.onopentag = (tag) => {
    const element = tag as Tag;
    const declared = declaredBy(element);
    open.push({ name: '', declared });
    const name = fullName(element.name);
    open[open.length - 1] = { name, declared };
    if (name === `${rdf}RDF`) rootDepth ??= open.length;
    const depth = depthInProperty();
    if (depth === -1 && name === `${rdf}Description`) {
      for (const [attribute, text] of Object.entries(element.attributes)) {
        const property = attribute.includes(':') ? fullName(attribute) : '';
        if (isProperty.has(property) && !found.has(property)) found.set(property, [{ language: undefined, text }]);
      }
    } else if (depth === 0 && open.at(-2)?.name === `${rdf}Description` && isProperty.has(name) && !found.has(name)) {
      current = [{ language: undefined, text: '' }];
      found.set(name, current);
    } else if (depth === 2 && name === `${rdf}li`) {
      current?.push({ language: element.attributes['xml:lang'], text: '' });
    }
  };
  parser.onclosetag = () => {
    if (depthInProperty() === 0) current = undefined;
    open.pop();
  };
  const addText = (text: string): void => {
    const depth = depthInProperty();
    const item = depth === 0 || depth >= 2 ? current?.at(-1) : undefined;
    if (item) item.text += text;
  };
  parser.ontext = addText;
  parser.oncdata = addText;
  for (let start = 0; start < packet.length; start += sliceLength) {
    if (start > 0) await nextTurn();
    parser.write(packet.slice(start, start + sliceLength));
  }
  parser.close();
  return found;
};

/**
 * The texts of an XMP packet. Of a text in several languages the default is read, else the first.
 * @throws {Error} for a packet that is not well-formed XML in UTF-8
 */
export const xmpTexts = async (bytes: Uint8Array): Promise<RawTexts> => {
  // some writers fill the packet with zeros
  const end = 1 + bytes.findLastIndex((byte) => byte !== 0);
  const found = await readProperties(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, end)));
  const itemsOf = (name: keyof typeof properties): readonly Item[] =>
    (found.get(properties[name]) ?? []).filter(({ text }) => text.trim() !== '');
  const textOf = (name: keyof typeof properties): string | undefined => {
    const items = itemsOf(name);
    return (items.find(({ language }) => language === 'x-default') ?? items[0])?.text;
  };
  return {
    altText: textOf('altText'),
    description: textOf('extendedDescription') ?? textOf('description'),
    creator: itemsOf('creator')
      .map(({ text }) => text.trim())
      .join(', '),
    copyright: textOf('copyright'),
  };
};
