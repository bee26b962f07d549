// Starts `aivss-lint server` for the files that can be threat models, and starts it again when its settings change.
// All features are the server's: see docs/guides/editors.md.

import * as vscode from 'vscode';
import { LanguageClient } from 'vscode-languageclient/node';

let client: LanguageClient | undefined;

/** The options that the server gets. Rules in Rego are somebody's code: they run only in a trusted workspace. */
function initializationOptions(): { trusted: boolean; policy?: string } {
  const settings = vscode.workspace.getConfiguration('aivss-lint');
  const policy = settings.get<string>('policy', '');
  const trusted = vscode.workspace.isTrusted && settings.get<boolean>('rego', true);
  return policy === '' ? { trusted } : { trusted, policy };
}

async function start(): Promise<void> {
  const command = vscode.workspace.getConfiguration('aivss-lint').get<string>('path', 'aivss-lint');
  const documentSelector = ['yaml', 'json', 'jsonc', 'markdown'].flatMap((language) => [
    { scheme: 'file', language },
    { scheme: 'untitled', language },
  ]);
  client = new LanguageClient(
    'aivss-lint',
    'aivss-lint',
    { command, args: ['server'] },
    { documentSelector, initializationOptions },
  );
  try {
    await client.start();
  } catch (error) {
    client = undefined;
    const reason = error instanceof Error ? error.message : String(error);
    await vscode.window.showErrorMessage(`aivss-lint: cannot start ${command}: ${reason}. Set aivss-lint.path.`);
  }
}

async function restart(): Promise<void> {
  await deactivate();
  await start();
}

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  context.subscriptions.push(
    vscode.commands.registerCommand('aivss-lint.restart', restart),
    vscode.workspace.onDidGrantWorkspaceTrust(restart),
    vscode.workspace.onDidChangeConfiguration(async (event) => {
      if (event.affectsConfiguration('aivss-lint')) {
        await restart();
      }
    }),
  );
  await start();
}

export async function deactivate(): Promise<void> {
  const running = client;
  client = undefined;
  await running?.dispose();
}
