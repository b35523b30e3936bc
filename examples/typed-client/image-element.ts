import { type FragmentType, graphql, unmask } from './generated/index.js';

/** What an `img` element needs. A query spreads `...ImageElement`, and its result goes to `renderImage`. */
const ImageElement = graphql(`
  fragment ImageElement on Image {
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

/** An `img` element with the size of the image, and its placeholder until it is loaded. */
export const renderImage = (image: FragmentType<typeof ImageElement>, sizes = '100vw'): string => {
  const { metadata, variant, srcset, placeholder } = unmask(ImageElement, image);
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
