/** The media types that are accepted, with their names. */
export const typeNames = {
  'image/jpeg': 'JPEG',
  'image/png': 'PNG',
  'image/webp': 'WebP',
  'image/avif': 'AVIF',
  'image/gif': 'GIF',
} as const;

/** What a choice of files offers. */
export const acceptedTypes = Object.keys(typeNames).join();
