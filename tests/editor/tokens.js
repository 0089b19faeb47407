// Prints the tokens of a text as an editor sees them: one JSON list of [text, innermost scope] a line.
// Arguments: the grammar, then the files.
const { readFileSync } = require("node:fs");
const { createOnigScanner, createOnigString, loadWASM } = require("vscode-oniguruma");
const { INITIAL, Registry, parseRawGrammar } = require("vscode-textmate");

async function main([path, ...files]) {
  await loadWASM(readFileSync(require.resolve("vscode-oniguruma/release/onig.wasm")));
  const registry = new Registry({
    onigLib: Promise.resolve({ createOnigScanner, createOnigString }),
    loadGrammar: async () => parseRawGrammar(readFileSync(path, "utf8"), path),
  });
  const grammar = await registry.loadGrammar("source.tensorlogic");
  for (const file of files) {
    let state = INITIAL;
    for (const line of readFileSync(file, "utf8").split("\n")) {
      const { tokens, ruleStack } = grammar.tokenizeLine(line, state);
      const shown = tokens.map((t) => [line.slice(t.startIndex, t.endIndex), t.scopes.at(-1)]);
      console.log(JSON.stringify(shown.filter(([text]) => text.trim())));
      state = ruleStack;
    }
  }
}

main(process.argv.slice(2));
