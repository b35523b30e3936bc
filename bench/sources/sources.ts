import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { smoothNoise } from './smooth-noise.js';

export interface Source {
  readonly path: string;
  readonly bytes: Buffer;
}

const mebibyte = 1024 * 1024;

/** The images of the benchmark, made by script when they are first asked for and kept for the run. */
export class Sources {
  readonly #made = new Map<string, Promise<Source>>();

  constructor(private readonly folder: string) {}

  /** As a camera gives it: 4000 x 3000 pixels, a JPEG of some megabytes. */
  photo(seed: number): Promise<Source> {
    return this.#once(`photo-${seed}.jpg`, async () => {
      const photo = await smoothNoise({ width: 4000, height: 3000, seed, grain: 36 });
      return photo.jpeg({ quality: 85 }).toBuffer();
    });
  }

  /** A JPEG of about one megabyte. */
  upload(): Promise<Source> {
    return this.#once('upload.jpg', () => jpegOfAtMost(mebibyte, { width: 2400, height: 1800, grain: 12 }));
  }

  /** A JPEG of nearly the largest size that is accepted. */
  largestUpload(): Promise<Source> {
    return this.#once('largest-upload.jpg', () =>
      jpegOfAtMost(16 * mebibyte - 1024, { width: 5000, height: 4000, grain: 60 }),
    );
  }

  /** 256 x 256 pixels. */
  avatar(seed: number): Promise<Source> {
    return this.#once(`avatar-${seed}.jpg`, async () => {
      const photo = await smoothNoise({ width: 256, height: 256, seed, grain: 6 });
      return photo.jpeg({ quality: 85 }).toBuffer();
    });
  }

  /** 600 x 400 pixels, transparent towards its right edge. */
  transparent(): Promise<Source> {
    return this.#once('transparent.png', async () => {
      const [width, height] = [600, 400];
      const fade = Buffer.from(
        Array.from({ length: width * height }, (_, index) => 255 - ((index % width) / width) * 255),
      );
      const photo = await smoothNoise({ width, height, seed: 5, grain: 0 });
      return photo
        .joinChannel(fade, { raw: { width, height, channels: 1 } })
        .png()
        .toBuffer();
    });
  }

  #once(name: string, make: () => Promise<Buffer>): Promise<Source> {
    const made = this.#made.get(name) ?? this.#make(name, make);
    this.#made.set(name, made);
    return made;
  }

  async #make(name: string, make: () => Promise<Buffer>): Promise<Source> {
    await mkdir(this.folder, { recursive: true });
    const path = join(this.folder, name);
    await writeFile(path, await make());
    return { path, bytes: await readFile(path) };
  }
}

/** The best quality whose file is not larger. */
const jpegOfAtMost = async (
  limitBytes: number,
  options: { width: number; height: number; grain: number },
): Promise<Buffer> => {
  const photo = await smoothNoise({ ...options, seed: 3 });
  let [fits, tooLarge] = [1, 101];
  while (tooLarge - fits > 1) {
    const quality = Math.floor((fits + tooLarge) / 2);
    if ((await photo.clone().jpeg({ quality }).toBuffer()).byteLength <= limitBytes) fits = quality;
    else tooLarge = quality;
  }
  return photo.jpeg({ quality: fits }).toBuffer();
};
