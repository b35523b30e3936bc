import { builder } from '../builder.js';

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
