// node dist/tool.cjs <tool> [arguments]: runs a command-line tool of this folder.
import nativeParts = require('./native-parts.cjs');

const [tool] = process.argv.splice(2, 1);

nativeParts.load(() => import(`./${tool}.js`));
