// A session on the examples by the protocol's own client library: every feature, as an editor meets it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';

const { PROGRAM, FOLDER, PROJECT, PACKAGES } = process.env;
const require = createRequire(path.join(PACKAGES, 'package.json'));
const lsp = require('vscode-languageserver-protocol/node');

let child, client;
const notifications = [];

before(async () => {
  cpSync(path.join(PROJECT, 'examples'), path.join(FOLDER, 'examples'), { recursive: true });
  child = spawn(PROGRAM, ['server'], { cwd: FOLDER, stdio: ['pipe', 'pipe', 'inherit'] });
  client = lsp.createProtocolConnection(
    new lsp.StreamMessageReader(child.stdout),
    new lsp.StreamMessageWriter(child.stdin),
  );
  client.onNotification(lsp.PublishDiagnosticsNotification.type, (params) => notifications.push(params));
  client.onRequest(lsp.RegistrationRequest.type, () => {});
  client.onRequest('workspace/diagnostic/refresh', () => null);
  client.onRequest('workspace/inlayHint/refresh', () => null);
  client.listen();
  const root = pathToFileURL(FOLDER).href;
  const result = await client.sendRequest(lsp.InitializeRequest.type, {
    processId: process.pid,
    rootUri: root,
    workspaceFolders: [{ uri: root, name: 'folder' }],
    initializationOptions: { today: '2026-11-23' },
    capabilities: {
      general: { positionEncodings: ['utf-16'] },
      textDocument: { diagnostic: {}, inlayHint: {} },
      workspace: { didChangeWatchedFiles: { dynamicRegistration: true }, diagnostics: { refreshSupport: true } },
    },
  });
  assert.equal(result.capabilities.positionEncoding, 'utf-16');
  assert.equal(result.serverInfo.name, 'aivss-lint');
  await client.sendNotification(lsp.InitializedNotification.type, {});
});

after(async () => {
  await client.sendRequest(lsp.ShutdownRequest.type);
  await client.sendNotification(lsp.ExitNotification.type);
  const code = await new Promise((resolve) => child.on('exit', resolve));
  assert.equal(code, 0);
});

/** Opens an example; returns its address and text. */
async function open(name, change = (text) => text) {
  const file = path.join(FOLDER, 'examples', name);
  const uri = pathToFileURL(file).href;
  const text = change(readFileSync(file, 'utf8'));
  await client.sendNotification(lsp.DidOpenTextDocumentNotification.type, {
    textDocument: { uri, languageId: 'yaml', version: 1, text },
  });
  return { uri, text, document: { textDocument: { uri } } };
}

/** The position of a text, `offset` units later. */
function position(text, needle, offset = 0) {
  const before = text.slice(0, text.indexOf(needle)).split('\n');
  return { line: before.length - 1, character: before.at(-1).length + offset };
}

test('diagnostics are pulled, and sent once', async () => {
  const { document } = await open('faults/arithmetic.threat-model.yaml');
  const report = await client.sendRequest(lsp.DocumentDiagnosticRequest.type, document);
  const codes = report.items.map((problem) => problem.code);
  assert.ok(codes.includes('score-mismatch') && codes.includes('uplift-mismatch'), codes.join());
  const again = await client.sendRequest(lsp.DocumentDiagnosticRequest.type, {
    ...document,
    previousResultId: report.resultId,
  });
  assert.equal(again.kind, 'unchanged');
  assert.deepEqual(notifications, []);
});

test('all safe fixes make the file pass', async () => {
  const { uri, text, document } = await open('faults/aivss-report.json');
  const whole = { start: { line: 0, character: 0 }, end: { line: 9999, character: 0 } };
  const [action] = await client.sendRequest(lsp.CodeActionRequest.type, {
    ...document,
    range: whole,
    context: { diagnostics: [], only: ['source.fixAll.aivss-lint'] },
  });
  const [change] = action.edit.documentChanges;
  assert.deepEqual(change.textDocument, { uri, version: 1 });
  assert.ok(change.edits.length >= 6);
  const before = await client.sendRequest(lsp.DocumentDiagnosticRequest.type, document);
  // From the end, so that the places stay.
  const edits = [...change.edits].reverse().map(({ range, newText }) => ({ range, text: newText }));
  await client.sendNotification(lsp.DidChangeTextDocumentNotification.type, {
    textDocument: { uri, version: 2 },
    contentChanges: edits,
  });
  const after = await client.sendRequest(lsp.DocumentDiagnosticRequest.type, document);
  assert.ok(after.items.length < before.items.length && !after.items.some(({ code }) => code.endsWith('mismatch')));
  assert.ok(text.length > 0);
});

test('scores are live, with their calculation', async () => {
  const { text, document } = await open('smolagents/threat-model.yaml');
  const range = { start: { line: 0, character: 0 }, end: { line: 99, character: 0 } };
  const hints = await client.sendRequest(lsp.InlayHintRequest.type, { ...document, range });
  const hint = hints.find(({ position: { line } }) => line === position(text, 'score: 6.5').line);
  assert.equal(hint.label, '= 6.5 Medium');
  assert.match(hint.tooltip.value, /→ 6\.5$/);
  const [lens] = await client.sendRequest(lsp.CodeLensRequest.type, document);
  assert.equal(lens.command.title, '6.5 Medium');
});

test('hover, completion and what-if know what numbers mean', async () => {
  const { text, document } = await open('smolagents/threat-model.yaml');
  const at = position(text, 'autonomy_of_action', 2);
  const hover = await client.sendRequest(lsp.HoverRequest.type, { ...document, position: at });
  assert.match(hover.contents.value, /with 0\.5 the score is 6\.4 Medium/);
  const vector = position(text, 'AV:N/AC:L', 'AV:N/'.length);
  const items = await client.sendRequest(lsp.CompletionRequest.type, { ...document, position: vector });
  assert.deepEqual(items.map(({ label }) => label), ['AC:L', 'AC:H']);
  const place = position(text, 'score: 6.5');
  const actions = await client.sendRequest(lsp.CodeActionRequest.type, {
    ...document,
    range: { start: place, end: place },
    context: { diagnostics: [], only: ['refactor'] },
  });
  assert.equal(actions.length, 3);
  assert.match(actions[0].title, /^Set goal_driven_planning to 0\.0: 6\.5 → 6\.3 Medium$/);
});

test('outline, folds and links', async () => {
  const { document } = await open('smolagents/threat-model.yaml');
  const symbols = await client.sendRequest(lsp.DocumentSymbolRequest.type, document);
  assert.ok(symbols.some(({ name }) => name === 'maestro'));
  const folds = await client.sendRequest(lsp.FoldingRangeRequest.type, document);
  assert.ok(folds.length > 10);
  assert.ok(Array.isArray(await client.sendRequest(lsp.DocumentLinkRequest.type, document)));
});

test('a request that is not supported is refused', async () => {
  await assert.rejects(client.sendRequest('textDocument/rename', {}), { code: lsp.ErrorCodes.MethodNotFound });
});
