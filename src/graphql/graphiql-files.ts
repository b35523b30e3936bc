/**
 * A field for files, which GraphiQL does not have: a bar below it, and a `fetch` that sends what is chosen there by the GraphQL multipart
 * request specification.
 */
export const fileBar = `
<style>
  body { display: flex; flex-direction: column; height: 100vh; margin: 0; overflow: hidden; }
  #root { flex: 1; min-height: 0; }
  #root .graphiql-container { width: 100%; height: 100%; }
  #files { display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; align-items: center; padding: 0.4rem 1rem;
    font: 14px/1.4 system-ui, sans-serif; color-scheme: light dark; color: light-dark(#3b4b68, #b7c2d7);
    background: light-dark(#fff, #212a3b); }
  .graphiql-light #files { color-scheme: light; }
  .graphiql-dark #files { color-scheme: dark; }
</style>
<form id="files">
  <label>Files <input type="file" multiple></label>
  <span>They take the places of <code>"file": null</code> in the variables, in this order.</span>
  <button type="reset">Clear</button>
</form>
`;

/** Runs before GraphiQL, which keeps the `fetch` that it finds. */
export const sendFiles = `
  {
    const plainFetch = fetch;
    const placesIn = (value, path) =>
      value === null
        ? path.endsWith('.file') ? [path] : []
        : typeof value === 'object'
          ? Object.entries(value).flatMap(([name, part]) => placesIn(part, path + '.' + name))
          : [];
    globalThis.fetch = (resource, options) => {
      const files = [...(document.querySelector('#files input')?.files ?? [])];
      if (files.length === 0 || typeof options?.body !== 'string') return plainFetch(resource, options);
      const places = placesIn(JSON.parse(options.body).variables ?? {}, 'variables').slice(0, files.length);
      if (places.length === 0) return plainFetch(resource, options);
      const form = new FormData();
      form.set('operations', options.body);
      form.set('map', JSON.stringify(Object.fromEntries(places.map((place, index) => [index, [place]]))));
      places.forEach((_place, index) => form.set(index, files[index]));
      const headers = new Headers(options.headers);
      headers.delete('Content-Type');
      headers.set('Apollo-Require-Preflight', '1');
      return plainFetch(resource, { ...options, headers, body: form });
    };
  }
`;
