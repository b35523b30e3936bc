import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { goTo } from '../app/route.js';
import type { Session } from '../app/session.js';

/** The account of the examples in the README, so that what they upload is shown. */
const exampleAccount = '3a4ed2d9-03e1-4b0e-b45f-2a9ca72f8adb';

const storedAccounts = 'image-facade:accounts';
const maxRemembered = 20;

const uuid = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

const rememberedAccounts = (): readonly string[] =>
  (localStorage.getItem(storedAccounts) ?? '').split(' ').filter((text) => uuid.test(text));

export const rememberAccount = (accountId: string): void => {
  const others = rememberedAccounts().filter((other) => other !== accountId);
  localStorage.setItem(storedAccounts, [accountId, ...others].slice(0, maxRemembered).join(' '));
};

/** The key's own account, or the one that was shown last. */
export const preferredAccount = (session: Session): string =>
  session.viewer.value?.accountId ?? rememberedAccounts()[0] ?? exampleAccount;

/** Shows and changes the account, unless the key is for one only. */
export const AccountPicker = ({ accountId }: { readonly accountId: string }): JSX.Element => {
  const [text, setText] = useState(accountId);
  return (
    <form
      class="account-picker"
      onSubmit={(event) => {
        event.preventDefault();
        if (uuid.test(text)) goTo({ page: 'images', accountId: text.toLowerCase(), imageId: null, query: '' });
      }}
    >
      <label class="field inline">
        Account
        <input
          list="known-accounts"
          value={text}
          size={36}
          spellcheck={false}
          autocomplete="off"
          pattern={uuid.source}
          title="The UUID of an account. It exists as soon as it has an image."
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <datalist id="known-accounts">
        {rememberedAccounts().map((known) => (
          <option key={known} value={known} />
        ))}
      </datalist>
      {text !== accountId && (
        <button type="submit" class="button">
          Show
        </button>
      )}
    </form>
  );
};
