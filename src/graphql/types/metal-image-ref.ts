import type { MetalImage } from '../../domain/metal/metal-image.js';
import { builder } from '../builder.js';
import { encodeIdCursor } from '../cursor.js';

/** Known by name to the types that refer to each other; `metal-image.ts` says what it has. */
export const MetalImageRef = builder.objectRef<MetalImage>('MetalImage');

export const MetalImageEdgeRef = builder.edgeObject({
  type: MetalImageRef,
  name: 'MetalImageEdge',
  description: 'A metal image and its position in a list.',
});

/** The edge of a new metal image. Relay's `@prependEdge` and `@appendEdge` insert it into a list. */
export const newMetalImageEdge = (image: MetalImage) => ({ node: image, cursor: encodeIdCursor(image) });

export const MetalImageFeatureRef = builder.enumType('MetalImageFeature', {
  description: 'What a metal image can be installed on.',
  values: {
    MACHINE: { value: 'machine', description: 'Machines for workloads.' },
    FIREWALL: { value: 'firewall', description: 'Machines that act as firewalls.' },
  } as const,
});

export const MetalImageClassificationRef = builder.enumType('MetalImageClassification', {
  description: 'The stage of the life cycle of a metal image. It is informative: every image stays usable.',
  values: {
    PREVIEW: { value: 'preview', description: 'A new image.' },
    SUPPORTED: { value: 'supported', description: 'The recommended image of its minor version.' },
    DEPRECATED: { value: 'deprecated', description: 'An image that will expire: update the machines that run it.' },
  } as const,
});
