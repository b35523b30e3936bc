import { computed, signal } from '@preact/signals';
import { type Document, execute, RequestError } from '../api/execute.js';
import {
  AccountsDocument,
  type AccountsQuery,
  type Scope,
  SessionDocument,
  type SessionQuery,
} from '../generated/graphql.js';

/** Never in a URL, and gone with the tab. */
const storedKey = 'image-facade:key';

const keyForm = /^[\w-]+\.[\w-]+$/;

type Access = SessionQuery['viewer'];
type Account = NonNullable<AccountsQuery['accounts']>['nodes'][number];

/** Who uses the console, and what they may do. */
export const createSession = () => {
  const key = signal(sessionStorage.getItem(storedKey));
  const loaded = signal<SessionQuery | null>(null);
  const accounts = signal<readonly Account[]>([]);
  const problem = signal<string | null>(null);
  const isLoading = signal(true);

  const headers = (): Record<string, string> => (key.value === null ? {} : { authorization: `Bearer ${key.value}` });

  const loadAccounts = async ({ counted }: { counted: boolean }): Promise<void> => {
    const asked = key.value;
    // without the list, accounts can still be typed in
    const found = await execute(headers(), AccountsDocument, { counted }).catch(() => null);
    if (found && key.value === asked) accounts.value = found.accounts?.nodes ?? [];
  };

  const countAccounts = (): Promise<void> => loadAccounts({ counted: true });

  const load = async (): Promise<void> => {
    isLoading.value = true;
    try {
      const found = await execute(headers(), SessionDocument, {});
      if (found.viewer.scopes.includes('IMAGES_READ')) {
        await loadAccounts({ counted: false });
        // counting many images is slow, and nothing waits for it
        void countAccounts();
      }
      loaded.value = found;
      problem.value = null;
    } catch (error) {
      if (isRefusedKey(error)) forgetKey('The server does not know this key, or it was revoked.');
      else problem.value = messageOf(error);
    }
    isLoading.value = false;
  };

  const forgetKey = (reason: string | null): void => {
    sessionStorage.removeItem(storedKey);
    key.value = null;
    loaded.value = null;
    accounts.value = [];
    problem.value = reason;
  };

  /** What goes wrong with every request is dealt with here: a key that is no longer valid. */
  const run = async <Result, Variables>(
    document: Document<Result, Variables>,
    variables: Variables,
  ): Promise<Result> => {
    try {
      return await execute(headers(), document, variables);
    } catch (error) {
      if (isRefusedKey(error)) forgetKey('The key is no longer valid.');
      throw error;
    }
  };

  return {
    isLoading,
    problem,
    headers,
    load,
    run,
    /** Those whose images may be read, at most a page of them, with what they had when they were last counted. */
    accounts,
    countAccounts,
    viewer: computed((): Access | null => loaded.value?.viewer ?? null),
    limits: computed(() => loaded.value?.limits ?? null),
    presets: computed(() => loaded.value?.presets ?? []),
    /** The language of `altText`. */
    defaultLocale: computed(() => loaded.value?.defaultLocale ?? 'en'),
    needsKey: computed(() => key.value === null && (loaded.value === null || loaded.value.viewer.kind === 'ANONYMOUS')),
    hasKey: computed(() => key.value !== null),
    may: (scope: Scope): boolean => loaded.value?.viewer.scopes.includes(scope) ?? false,
    async signIn(text: string): Promise<void> {
      const typed = text.trim();
      if (!keyForm.test(typed)) {
        problem.value = 'A key is its id, a dot and its secret: id.secret';
        return;
      }
      sessionStorage.setItem(storedKey, typed);
      key.value = typed;
      await load();
    },
    async signOut(): Promise<void> {
      forgetKey(null);
      await load();
    },
  };
};

export type Session = ReturnType<typeof createSession>;

const isRefusedKey = (error: unknown): boolean => error instanceof RequestError && error.code === 'UNAUTHENTICATED';

/** An error in words. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
