/** The name of the object or file in which a store keeps the id of its database. */
export const storeIdName = 'store.json';

export const formatStoreId = (id: string): string => `${JSON.stringify({ storeId: id })}\n`;

/** Stands for an id that cannot be read. It is treated as the id of another store, which must not be overwritten without asking. */
export const unreadableId = 'unreadable';

export const parseStoreId = (text: string): string => {
  try {
    const { storeId } = JSON.parse(text) as { storeId?: unknown };
    if (typeof storeId === 'string') return storeId;
  } catch {
    // reported below
  }
  return unreadableId;
};
