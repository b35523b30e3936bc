import type { Preset } from '../../domain/delivery/presets.js';
import { formatTransformQuery } from '../../domain/delivery/transform/transform-query.js';
import { builder } from '../builder.js';
import { ImageFitRef, ImageFormatRef } from './image-transform.js';

interface NamedPreset extends Preset {
  readonly name: string;
}

const PresetRef = builder.objectRef<NamedPreset>('Preset').implement({
  description: 'A transform that the operator of the server has given a name to.',
  fields: (t) => ({
    name: t.exposeString('name', {
      description: 'The name, for `url` and `variant`, and for `?preset=` in a public URL.',
    }),
    query: t.string({
      description: 'All its parameters, as the query of a public URL: `size=640x480&format=webp`.',
      resolve: ({ transform }) => formatTransformQuery(transform),
    }),
    width: t.int({
      description: 'The width in pixels; 0 if it follows from the height.',
      resolve: ({ transform }) => transform.size.width,
    }),
    height: t.int({
      description:
        'The height in pixels; 0 if it follows from the width. If both are 0, the result has the size of the image.',
      resolve: ({ transform }) => transform.size.height,
    }),
    fit: t.field({
      type: ImageFitRef,
      description: 'How the image is fitted into the size.',
      resolve: ({ transform }) => transform.fit,
    }),
    format: t.field({
      type: ImageFormatRef,
      description: 'The format of the result.',
      resolve: ({ transform }) => transform.format,
    }),
    eager: t.exposeBoolean('eager', {
      description: 'Whether it is rendered after each upload, so that its first visitor does not wait for it.',
    }),
  }),
});

builder.queryFields((t) => ({
  presets: t.field({
    type: [PresetRef],
    description: 'The presets of the server, in the order of its configuration. Needs no key.',
    needs: 'nothing',
    resolve: (_root, _args, { presets }) => Array.from(presets, ([name, preset]) => ({ name, ...preset })),
  }),
  preset: t.field({
    type: PresetRef,
    nullable: true,
    description: 'The preset with this name; null if there is none. Needs no key.',
    needs: 'nothing',
    args: { name: t.arg.string({ required: true, description: 'The name of the preset.' }) },
    resolve: (_root, { name }, { presets }) => {
      const preset = presets.get(name);
      return preset ? { name, ...preset } : null;
    },
  }),
}));
