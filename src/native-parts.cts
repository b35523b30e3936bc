/** How Node, libsql and sharp report that a compiled part is missing, or is for another system. */
const isUnloadable = (error: unknown): error is Error => {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ERR_DLOPEN_FAILED') return true;
  return /Cannot find module '@(?:libsql|img)\/|^Could not load the "sharp" module/.test(error.message);
};

/** Loads an entry point. If a native module of it does not load, the process ends with one line that says what to do. */
const load = (entry: () => Promise<unknown>): void => {
  entry().catch((error: unknown) => {
    if (!isUnloadable(error)) throw error;
    const [reason] = error.message.split('\n');
    process.stderr.write(
      `A native module does not load on ${process.platform}-${process.arch} with Node ${process.version}: ${reason} ` +
        'Run `npm ci` on this machine, with this Node, and start again.\n',
    );
    // at once: Node would report the same failure again, with a stack
    process.exit(1);
  });
};

export = { load };
