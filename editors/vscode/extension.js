// Starts `tl lsp` and connects it with the editor.
"use strict";

const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

function serverOptions() {
  const command = vscode.workspace.getConfiguration("tensorlogic").get("path") || "tl";
  const folder = vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === "file");
  return { command, args: ["lsp"], options: folder ? { cwd: folder.uri.fsPath } : {} };
}

async function start() {
  if (!vscode.workspace.isTrusted) {
    return;
  }
  const documentSelector = ["file", "untitled"].map((scheme) => ({ scheme, language: "tensorlogic" }));
  client = new LanguageClient("tensorlogic", "TensorLogic", serverOptions(), { documentSelector });
  try {
    await client.start();
  } catch (error) {
    const cure = "Install it (pip install 'tensorlogic-lang[lsp]'), or set tensorlogic.path.";
    vscode.window.showErrorMessage(`\`tl lsp\` did not start: ${error.message ?? error}. ${cure}`);
  }
}

async function stop() {
  const running = client;
  client = undefined;
  if (running?.needsStop()) {
    await running.stop();
  }
}

async function restart() {
  await stop();
  await start();
}

async function activate(context) {
  context.subscriptions.push(
    vscode.commands.registerCommand("tensorlogic.restart", restart),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("tensorlogic.path")) {
        return restart();
      }
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(restart),
  );
  await start();
}

module.exports = { activate, deactivate: stop };
