import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useConsole } from '../app/context.js';
import { goTo } from '../app/route.js';
import type { Session } from '../app/session.js';
import { Choice } from '../ui/choice.js';
import { formatBytes } from '../ui/format-bytes.js';

/** The account of the examples in the README, so that what they upload is shown. */
const exampleAccount = '3a4ed2d9-03e1-4b0e-b45f-2a9ca72f8adb';

const storedAccounts = 'image-facade:accounts';
const maxRemembered = 20;

/** Without a flag: it is a pattern of a field too, which has none. */
const uuid = /^[\da-fA-F]{8}(?:-[\da-fA-F]{4}){3}-[\da-fA-F]{12}$/;

const rememberedAccounts = (): readonly string[] =>
  (localStorage.getItem(storedAccounts) ?? '').split(' ').filter((text) => uuid.test(text));

export const rememberAccount = (accountId: string): void => {
  const others = rememberedAccounts().filter((other) => other !== accountId);
  localStorage.setItem(storedAccounts, [accountId, ...others].slice(0, maxRemembered).join(' '));
};

/** The key's own account, the one that was shown last, or one that has images. */
export const preferredAccount = ({ viewer, accounts }: Session): string => {
  const known = accounts.value.map(({ accountId }) => accountId);
  const first = known.includes(exampleAccount) ? exampleAccount : known[0];
  return viewer.value?.accountId ?? rememberedAccounts()[0] ?? first ?? exampleAccount;
};

/** The choice of an account that the list does not have. */
const another = 'another';

const show = (accountId: string): void => goTo({ page: 'images', accountId, imageId: null, query: '' });

/** Shows and changes the account, unless the key is for one only. */
export const AccountPicker = ({ accountId }: { readonly accountId: string }): JSX.Element => {
  const { session } = useConsole();
  const [isTyping, setIsTyping] = useState(false);
  const counted = useRef(accountId);
  useEffect(() => {
    // what the session has is recent until another account is shown
    if (counted.current === accountId) return;
    counted.current = accountId;
    setIsTyping(false);
    void session.countAccounts();
  }, [accountId]);

  if (session.viewer.value?.accountId) {
    return (
      <p class="account-picker muted">
        Account <code>{accountId}</code>
      </p>
    );
  }
  const names = new Map([accountId, ...rememberedAccounts()].map((known) => [known, known]));
  for (const account of session.accounts.value) names.set(account.accountId, describe(account));
  const sorted = [...names].sort(([one], [other]) => (one < other ? -1 : 1));
  const choices = Object.fromEntries([...sorted, [another, 'Another account…']]);
  return (
    <div class="account-picker">
      <Choice
        label="Account"
        value={isTyping ? another : accountId}
        choices={choices}
        onChoice={(choice) => {
          setIsTyping(choice === another);
          if (choice !== another) show(choice);
        }}
      />
      {isTyping && <AccountForm />}
    </div>
  );
};

const describe = ({ accountId, imageCount, byteSize }: Session['accounts']['value'][number]): string =>
  imageCount === undefined || byteSize === undefined
    ? accountId
    : `${accountId} · ${imageCount.toLocaleString('en')} ${imageCount === 1 ? 'image' : 'images'}, ${formatBytes(byteSize)}`;

/** An account exists as soon as it has an image, so that the list cannot have every one. */
const AccountForm = (): JSX.Element => {
  const [text, setText] = useState('');
  return (
    <form
      class="account-picker-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (uuid.test(text)) show(text.toLowerCase());
      }}
    >
      <label class="field">
        Its id, a UUID
        <input
          // biome-ignore lint/a11y/noAutofocus: it appears because it was asked for
          autoFocus
          required
          size={42}
          value={text}
          spellcheck={false}
          autocomplete="off"
          pattern={uuid.source}
          title="The UUID of an account. It exists as soon as it has an image."
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="button">
        Show
      </button>
    </form>
  );
};
