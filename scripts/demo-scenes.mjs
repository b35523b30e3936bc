import sharp from 'sharp';

/** Numbers from 0 to 1 that are the same in every run. */
const numbers = (seed) => {
  let state = seed * 7919 + 17;
  return () => {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
    return state / 0x7fffffff;
  };
};

const palettes = {
  dawn: ['#2b3a67', '#f2a65a', '#ffe3b3', '#4a3f55'],
  noon: ['#4aa3df', '#d6f0ff', '#fff7cf', '#2f7d4f'],
  dusk: ['#1b1f3b', '#b5476d', '#ffb86b', '#2a1a33'],
  winter: ['#8fb3d9', '#eef5fb', '#ffffff', '#5b7083'],
  desert: ['#e8824a', '#fbd9a5', '#fff1d0', '#a5542f'],
};

/** A sky, a sun at a place, and hills in front of it. */
const landscape = (width, height, palette, seed, sun = { x: 0.65, y: 0.35 }) => {
  const next = numbers(seed);
  const [high, low, light, ground] = palettes[palette];
  const ridge = (level) => {
    const points = Array.from({ length: 9 }, (_, index) => {
      const y = height * (level + (next() - 0.5) * 0.22);
      return `${(width * index) / 8},${y.toFixed(1)}`;
    });
    return `M0,${height} L${points.join(' L')} L${width},${height} Z`;
  };
  const hills = [0.62, 0.74, 0.88].map(
    (level, index) => `<path d="${ridge(level)}" fill="${ground}" fill-opacity="${0.45 + index * 0.25}"/>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <defs><linearGradient id="sky" x2="0" y2="1"><stop stop-color="${high}"/><stop offset="1" stop-color="${low}"/></linearGradient></defs>
    <rect width="100%" height="100%" fill="url(#sky)"/>
    <circle cx="${width * sun.x}" cy="${height * sun.y}" r="${Math.min(width, height) * 0.11}" fill="${light}"/>
    ${hills.join('')}</svg>`;
};

/** Lit windows in the night. */
const city = (width, height, seed) => {
  const next = numbers(seed);
  const towers = Array.from({ length: 11 }, (_, index) => {
    const left = (width * index) / 11;
    const top = height * (0.25 + next() * 0.5);
    const windows = Array.from({ length: 24 }, () => {
      const x = left + 8 + next() * (width / 11 - 24);
      const y = top + 10 + next() * (height - top - 20);
      return `<rect x="${x.toFixed(0)}" y="${y.toFixed(0)}" width="7" height="9" fill="#ffd97a"/>`;
    });
    return `<rect x="${left}" y="${top}" width="${width / 11 - 3}" height="${height}" fill="#1c2436"/>${windows.join('')}`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="#0b1020"/>${towers.join('')}</svg>`;
};

/** Petals on a transparent ground. */
const emblem = (size, petals, color) => {
  const half = size / 2;
  const petal = (index) =>
    `<ellipse cx="${half}" cy="${half * 0.5}" rx="${half * 0.2}" ry="${half * 0.44}" fill="${color}" fill-opacity="0.75" transform="rotate(${(360 / petals) * index} ${half} ${half})"/>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}">${Array.from({ length: petals }, (_, index) => petal(index)).join('')}<circle cx="${half}" cy="${half}" r="${half * 0.16}" fill="#fff8dc"/></svg>`;
};

const draw = (svg) => sharp(Buffer.from(svg));
const jpeg = (svg) => draw(svg).flatten().jpeg({ quality: 82 }).toBuffer();
const png = (svg) => draw(svg).png().toBuffer();
const webp = (svg) => draw(svg).webp({ quality: 80 }).toBuffer();

/** A sun that rises, in frames. */
const sunrise = async () => {
  const frames = Array.from({ length: 8 }, (_, index) =>
    png(landscape(480, 320, 'dawn', 5, { x: 0.5, y: 0.75 - index * 0.06 })),
  );
  return sharp(await Promise.all(frames), { join: { animated: true } })
    .webp({ quality: 70, delay: Array(8).fill(180) })
    .toBuffer();
};

const shapes = [
  ['dawn', 1600, 1067],
  ['noon', 1200, 1200],
  ['dusk', 900, 1600],
  ['winter', 2400, 800],
  ['desert', 1280, 720],
];

const texts = [
  'A low sun behind three ridges',
  undefined,
  'Hills in the last light',
  'تلال تحت شمس منخفضة',
  undefined,
  'Ridges in the haze of the morning, one behind the other, until the last one has the colour of the sky',
  '',
];

/** The samples: photographs of varied shape, a city, emblems with transparency, and an animation. */
export const drawScenes = async () => {
  const landscapes = Array.from({ length: 20 }, async (_, index) => {
    const [palette, width, height] = shapes[index % shapes.length];
    const sun = { x: 0.15 + ((index * 37) % 70) / 100, y: 0.2 + ((index * 23) % 25) / 100 };
    const isWebp = index % 3 === 2;
    const encode = isWebp ? webp : jpeg;
    return {
      name: `landscape-${index + 1}.${isWebp ? 'webp' : 'jpg'}`,
      bytes: await encode(landscape(width, height, palette, index + 1, sun)),
      altText: texts[index % texts.length],
      focalPoint: index % 2 === 0 ? sun : undefined,
    };
  });
  const emblems = [5, 6, 8, 12].map(async (petals, index) => ({
    name: `emblem-${petals}.png`,
    bytes: await png(emblem(320 + index * 100, petals, ['#c0392b', '#2f6fdb', '#8e44ad', '#1f8a5b'][index])),
    altText: index === 3 ? '' : `A flower with ${petals} petals`,
  }));
  const cities = [1, 2].map(async (seed) => ({
    name: `city-${seed}.jpg`,
    bytes: await jpeg(city(1400, 900, seed)),
    altText: seed === 1 ? 'Lit windows in a city at night' : undefined,
  }));
  const animation = { name: 'sunrise.webp', bytes: await sunrise(), altText: 'The sun rises over hills' };
  return [...(await Promise.all([...landscapes, ...emblems, ...cities])), animation];
};
