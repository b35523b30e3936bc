import { builder } from '../builder.js';

export const MetalImageFeatureRef = builder.enumType('MetalImageFeature', {
  description: 'What a metal image may be installed on.',
  values: {
    MACHINE: { value: 'machine', description: 'Machines that run workloads.' },
    FIREWALL: { value: 'firewall', description: 'Machines that are firewalls.' },
  } as const,
});

export const MetalImageClassificationRef = builder.enumType('MetalImageClassification', {
  description: 'How far a metal image is in its life. It informs people; every image stays usable.',
  values: {
    PREVIEW: { value: 'preview', description: 'It is fresh.' },
    SUPPORTED: { value: 'supported', description: 'It is the one to use of its minor version.' },
    DEPRECATED: { value: 'deprecated', description: 'Machines on it should be updated; it will expire.' },
  } as const,
});
