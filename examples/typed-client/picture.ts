import { type FragmentType, graphql, unmask } from './generated/index.js';

/** What an `img` element needs; whoever shows a picture spreads `...Picture` and hands the result on. */
const Picture = graphql(`
  fragment Picture on Image {
    metadata {
      altText
    }
    variant(transform: { width: 640 }) {
      url
      width
      height
    }
    srcset(widths: [320, 640, 1280])
    placeholder {
      dataUri
      dominantColor
    }
  }
`);

/** An `img` element that keeps its room and shows the placeholder until the picture is there. */
export const renderPicture = (image: FragmentType<typeof Picture>, sizes = '100vw'): string => {
  const { metadata, variant, srcset, placeholder } = unmask(Picture, image);
  return element('img', {
    src: variant.url,
    srcset,
    sizes,
    width: variant.width,
    height: variant.height,
    // An absent `alt` makes screen readers spell the URL
    alt: metadata.altText ?? '',
    loading: 'lazy',
    style: `height: auto; background: ${placeholder.dominantColor} url("${placeholder.dataUri}") center / cover`,
  });
};

const element = (name: string, attributes: Readonly<Record<string, string | number>>): string =>
  `<${name}${Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${escapeAttribute(String(value))}"`)
    .join('')}>`;

/** People write alternative texts: a quote in one must not end the attribute. */
const escapeAttribute = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
