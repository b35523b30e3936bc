import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useConsole } from './context.js';

/** Asks for a key, or says that the server cannot be reached. */
export const SignIn = (): JSX.Element => {
  const { session } = useConsole();
  const [key, setKey] = useState('');
  const problem = session.problem.value;
  if (session.viewer.value === null && !session.needsKey.value) {
    return (
      <div class="notice" role="alert">
        <p>{problem}</p>
        <button type="button" class="button" onClick={() => void session.load()}>
          Try again
        </button>
      </div>
    );
  }
  return (
    <form
      class="sign-in"
      onSubmit={(event) => {
        event.preventDefault();
        void session.signIn(key);
      }}
    >
      <h1>Sign in with a key</h1>
      <p class="muted">
        This server asks for a key. Create one where the server runs, and enter what the command prints:
      </p>
      <pre class="code">
        <code>npm run keys -- create --account '*' --scope images.read --scope images.write</code>
      </pre>
      <label class="field">
        Key (id.secret)
        <input
          type="password"
          autocomplete="off"
          spellcheck={false}
          required
          value={key}
          aria-invalid={problem !== null}
          aria-describedby="sign-in-problem"
          onInput={(event) => setKey(event.currentTarget.value)}
        />
      </label>
      <p id="sign-in-problem" class="problem" role="alert">
        {problem}
      </p>
      <p class="muted">It is kept in this tab until you close it, and never becomes part of a URL.</p>
      <button type="submit" class="button primary" disabled={session.isLoading.value}>
        Sign in
      </button>
    </form>
  );
};
