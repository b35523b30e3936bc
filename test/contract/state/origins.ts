import { expect, test } from 'vitest';
import { insertMetalImages, insertSample, sampleMetalImage } from '../../support/samples.js';
import { type OpenStatePair, useStates } from './open-state-pair.js';

export const testOrigins = (open: OpenStatePair): void => {
  test('an origin is saved once for what it belongs to, listed by its source, and goes with it', async () => {
    const [first, second] = await useStates(open);
    const image = await insertSample(first);
    const metalImage = sampleMetalImage('os-1');
    await insertMetalImages(first, [metalImage]);
    const ids = [{ imageId: image.id }, { metalImageId: metalImage.id }] as const;
    for (const revision of ['1', '2']) {
      for (const id of ids) await second.write(({ origins }) => origins.save(id, { source: 'there', revision }));
    }
    expect(await first.read.origins.find(ids[0])).toEqual({ source: 'there', revision: '2' });
    const listed = await first.read.origins.list('there', 0, 10);
    expect(listed.map(({ id }) => id)).toEqual(ids);
    const [{ position = 0 } = {}] = listed;
    expect((await second.read.origins.list('there', position, 10)).map(({ id }) => id)).toEqual([ids[1]]);
    expect(await first.read.origins.list('elsewhere', 0, 10)).toEqual([]);
    await second.write((writer) => writer.deleteImage(image, new Date()));
    await second.write(({ metal }) => metal.deleteImage(metalImage));
    for (const id of ids) expect(await first.read.origins.find(id)).toBeNull();
    expect(await first.read.origins.list('there', 0, 10)).toEqual([]);
  });
};
