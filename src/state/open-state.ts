import type { DatabaseLocation } from './database-location.js';
import { type OpenStateOptions, openState } from './sqlite/open-state.js';
import type { OpenState } from './state.js';

/** Opens the state of a server. What PostgreSQL needs is loaded only if it is used: it takes time and memory. */
export const openStateAt = async (
  location: DatabaseLocation,
  options: Omit<OpenStateOptions, 'path'>,
): Promise<OpenState> => {
  if (location.kind === 'file') return openState({ ...options, path: location.path });
  const { openPostgresqlState } = await import('./postgresql/open-state.js');
  return openPostgresqlState({ ...options, location });
};
