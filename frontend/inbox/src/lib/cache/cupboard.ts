const NAME = 'aftercare';
const VERSION = 1;
/** A browser that doesn't answer so long (another tab blocks it, a broken profile) is not waited for. */
const OPEN_LIMIT_MS = 1_500;

export const SHELVES = ['start', 'lists', 'threads', 'orders', 'unsent'] as const;
export type ShelfName = (typeof SHELVES)[number];

/** Records by key that outlive the page. Nothing here raises: what can't be kept is simply not there. */
export interface Cupboard {
  read<T>(shelf: ShelfName, key: string): Promise<T | undefined>;
  readAll<T>(shelf: ShelfName): Promise<T[]>;
  write(shelf: ShelfName, entries: readonly [key: string, value: unknown][]): Promise<boolean>;
  remove(shelf: ShelfName, keys: readonly string[]): Promise<void>;
  keys(shelf: ShelfName): Promise<string[]>;
  clear(shelves?: readonly ShelfName[]): Promise<void>;
}

/** IndexedDB where the browser lets us, memory where it doesn't (private windows, no room, blocked). */
export async function openCupboard(): Promise<Cupboard> {
  try {
    return new DatabaseCupboard(await openDatabase());
  } catch {
    return new MemoryCupboard();
  }
}

function openDatabase(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('IndexedDB does not answer')), OPEN_LIMIT_MS);
    const opening = indexedDB.open(NAME, VERSION);
    opening.onupgradeneeded = () => {
      for (const name of SHELVES)
        if (!opening.result.objectStoreNames.contains(name)) opening.result.createObjectStore(name);
    };
    opening.onblocked = () => reject(new Error('IndexedDB is blocked'));
    opening.onerror = () => reject(opening.error ?? new Error('IndexedDB is closed to us'));
    opening.onsuccess = () => {
      clearTimeout(timer);
      // A newer version of the app must not wait for this page.
      opening.result.onversionchange = () => opening.result.close();
      resolve(opening.result);
    };
  });
}

class DatabaseCupboard implements Cupboard {
  constructor(private readonly database: IDBDatabase) {}

  read<T>(shelf: ShelfName, key: string): Promise<T | undefined> {
    return this.ask<T | undefined>(shelf, (store) => store.get(key) as IDBRequest<T | undefined>, undefined);
  }
  readAll<T>(shelf: ShelfName): Promise<T[]> {
    return this.ask<T[]>(shelf, (store) => store.getAll() as IDBRequest<T[]>, []);
  }
  keys(shelf: ShelfName): Promise<string[]> {
    return this.ask<string[]>(shelf, (store) => store.getAllKeys() as IDBRequest<string[]>, []);
  }
  write(shelf: ShelfName, entries: readonly [string, unknown][]): Promise<boolean> {
    return this.change([shelf], (transaction) => {
      const store = transaction.objectStore(shelf);
      for (const [key, value] of entries) store.put(value, key);
    });
  }
  async remove(shelf: ShelfName, keys: readonly string[]): Promise<void> {
    await this.change([shelf], (transaction) => {
      for (const key of keys) transaction.objectStore(shelf).delete(key);
    });
  }
  async clear(shelves: readonly ShelfName[] = SHELVES): Promise<void> {
    await this.change(shelves, (transaction) => {
      for (const shelf of shelves) transaction.objectStore(shelf).clear();
    });
  }

  private ask<T>(
    shelf: ShelfName,
    request: (store: IDBObjectStore) => IDBRequest<T>,
    otherwise: T,
  ): Promise<T> {
    return new Promise((resolve) => {
      try {
        const asked = request(this.database.transaction(shelf).objectStore(shelf));
        asked.onsuccess = () => resolve(asked.result);
        asked.onerror = () => resolve(otherwise);
      } catch {
        resolve(otherwise); // closed by a newer version, or by the browser
      }
    });
  }

  private change(shelves: readonly ShelfName[], work: (all: IDBTransaction) => void): Promise<boolean> {
    return new Promise((resolve) => {
      try {
        const transaction = this.database.transaction([...shelves], 'readwrite');
        transaction.oncomplete = () => resolve(true);
        transaction.onerror = transaction.onabort = () => resolve(false);
        work(transaction);
      } catch {
        resolve(false);
      }
    });
  }
}

export class MemoryCupboard implements Cupboard {
  private readonly shelves = new Map(SHELVES.map((name) => [name, new Map<string, unknown>()]));

  read<T>(shelf: ShelfName, key: string): Promise<T | undefined> {
    return Promise.resolve(this.shelves.get(shelf)?.get(key) as T | undefined);
  }
  readAll<T>(shelf: ShelfName): Promise<T[]> {
    return Promise.resolve([...(this.shelves.get(shelf)?.values() ?? [])] as T[]);
  }
  keys(shelf: ShelfName): Promise<string[]> {
    return Promise.resolve([...(this.shelves.get(shelf)?.keys() ?? [])]);
  }
  write(shelf: ShelfName, entries: readonly [string, unknown][]): Promise<boolean> {
    for (const [key, value] of entries) this.shelves.get(shelf)?.set(key, structuredClone(value));
    return Promise.resolve(true);
  }
  remove(shelf: ShelfName, keys: readonly string[]): Promise<void> {
    for (const key of keys) this.shelves.get(shelf)?.delete(key);
    return Promise.resolve();
  }
  clear(shelves: readonly ShelfName[] = SHELVES): Promise<void> {
    for (const shelf of shelves) this.shelves.get(shelf)?.clear();
    return Promise.resolve();
  }
}
