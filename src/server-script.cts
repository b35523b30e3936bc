// The server in one file, main.cjs, and next to it what V8 compiled of it during the build: without that a start takes half as long again.
import fs = require('node:fs');
import nodeModule = require('node:module');
import path = require('node:path');
import vm = require('node:vm');

const mainPath = path.join(__dirname, 'main.cjs');
const compiledPath = path.join(__dirname, 'main.compiled');

const readCompiled = (): Pick<vm.ScriptOptions, 'cachedData'> => {
  try {
    return { cachedData: fs.readFileSync(compiledPath) };
  } catch {
    return {};
  }
};

/** Runs the server. V8 compiles the script again if what is there comes from another version, or from one with other flags. */
const run = (): vm.Script => {
  const source = nodeModule.wrap(fs.readFileSync(mainPath, 'latin1'));
  const script = new vm.Script(source, { filename: mainPath, ...readCompiled() });
  const module = new nodeModule(mainPath);
  const requireFromMain = nodeModule.createRequire(mainPath);
  // files that are loaded later require it
  requireFromMain.cache[mainPath] = module;
  script.runInThisContext()(module.exports, requireFromMain, module, mainPath, __dirname);
  return script;
};

/** Writes what V8 has compiled of the script by now. */
const writeCompiled = (script: vm.Script): void => {
  const unfinishedPath = `${compiledPath}.unfinished`;
  fs.writeFileSync(unfinishedPath, script.createCachedData());
  fs.renameSync(unfinishedPath, compiledPath);
};

export = { run, writeCompiled };
