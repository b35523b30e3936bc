interface Versioned {
  readonly id: string;
  readonly os: string;
  readonly version: string;
  readonly isExpired: boolean;
}

/** The highest version first. Parts reach 2^64-1, which a number cannot hold. */
const compareVersions = (a: string, b: string): number => {
  const [left, right] = [a, b].map((version) => version.split('.').map(BigInt)) as [bigint[], bigint[]];
  for (let part = 0; part < Math.max(left.length, right.length); part += 1) {
    const difference = (right[part] ?? 0n) - (left[part] ?? 0n);
    if (difference !== 0n) return difference > 0n ? 1 : -1;
  }
  return 0;
};

/** The images of each operating system, by name and then by version. */
export const byOperatingSystem = <Image extends Versioned>(
  images: readonly Image[],
): [os: string, images: Image[]][] => {
  const groups = new Map<string, Image[]>();
  for (const image of images) groups.set(image.os, [...(groups.get(image.os) ?? []), image]);
  return [...groups]
    .sort(([a], [b]) => a.localeCompare(b, 'en'))
    .map(([os, group]) => [os, group.sort((a, b) => compareVersions(a.version, b.version))]);
};

/** The images that `latest` responds with for a minor version: the highest patch that is not expired. */
export const latestIds = (images: readonly Versioned[]): ReadonlySet<string> => {
  const latest = new Map<string, Versioned>();
  for (const image of images) {
    if (image.isExpired) continue;
    const minor = `${image.os}-${image.version.split('.').slice(0, 2).join('.')}`;
    const best = latest.get(minor);
    if (!best || compareVersions(image.version, best.version) < 0) latest.set(minor, image);
  }
  return new Set([...latest.values()].map(({ id }) => id));
};
