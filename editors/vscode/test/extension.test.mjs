// The bundled extension with a stub of `vscode`, against the real server: PROGRAM is the path of aivss-lint.

import assert from 'node:assert/strict';
import { readFileSync, mkdtempSync, writeFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

const require = createRequire(import.meta.url);
const { PROGRAM, PROJECT } = process.env;
const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url)));

/** Anything of `vscode` that a test does not look at: a class, a function and a namespace at once. */
function anything(known = {}) {
  // The bundle copies the properties that it finds.
  const target = Object.assign(function () {}, known);
  return new Proxy(target, {
    get: (own, key) => {
      if (key in known) return known[key];
      if (key === 'prototype' || typeof key === 'symbol') return own[key];
      // Promises are asked for it.
      if (key === 'then') return undefined;
      return (known[key] = anything());
    },
    apply: () => ({ dispose() {} }),
    construct: (_, parameters, self) => Object.assign(Object.create(self.prototype ?? {}), { dispose() {}, parameters }),
  });
}

class Position { constructor(line, character) { Object.assign(this, { line, character }); } }
class Range { constructor(start, end, line, character) {
  [this.start, this.end] = line === undefined ? [start, end] : [new Position(start, end), new Position(line, character)];
} }
class Diagnostic { constructor(range, message, severity) { Object.assign(this, { range, message, severity }); } }
class CodeActionKind { constructor(value) { this.value = value; }
  append(part) { return new CodeActionKind(this.value === '' ? part : `${this.value}.${part}`); }
  static Empty = new CodeActionKind('');
  static QuickFix = new CodeActionKind('quickfix'); }
class TabInputText { constructor(uri) { this.uri = uri; } }
class Uri { constructor(text) { this.text = text; Object.assign(this, { scheme: 'file', fsPath: decodeURI(text.slice(7)), path: text.slice(7) }); }
  toString() { return this.text; }
  static parse(text) { return new Uri(text); }
  static file(file) { return new Uri(pathToFileURL(file).href); } }
class EventEmitter { listeners = []; event = (listener) => { this.listeners.push(listener); return { dispose() {} }; };
  fire(event) { this.listeners.forEach((listener) => listener(event)); } dispose() {} }

function stub(settings, isTrusted, documents) {
  const published = new Map();
  const commands = new Map();
  const errors = [];
  const nothing = () => ({ dispose() {} });
  const changed = new EventEmitter();
  const granted = new EventEmitter();
  const trust = { isTrusted };
  const collection = { set: (uri, problems) => published.set(String(uri), problems), delete: (uri) => published.delete(String(uri)), clear: () => published.clear(), dispose() {}, get: () => [], has: () => false, forEach() {} };
  const vscode = anything({
    Position, Range, Diagnostic, CodeActionKind, TabInputText, Uri, EventEmitter,
    version: '1.91.0',
    env: anything({ language: 'en', appName: 'stub' }),
    DiagnosticSeverity: { Error: 0, Warning: 1, Information: 2, Hint: 3 },
    DiagnosticTag: { Unnecessary: 1, Deprecated: 2 },
    CancellationTokenSource: class { token = { isCancellationRequested: false, onCancellationRequested: nothing }; cancel() {} dispose() {} },
    commands: { registerCommand: (name, run) => { commands.set(name, run); return { dispose() {} }; }, executeCommand: async () => {} },
    window: anything({
      showErrorMessage: async (message) => { errors.push(message); },
      createOutputChannel: () => ({ append() {}, appendLine() {}, show() {}, dispose() {}, name: '' }),
      onDidChangeActiveTextEditor: nothing, onDidChangeVisibleTextEditors: nothing, visibleTextEditors: documents.map((document) => ({ document })),
      activeTextEditor: documents.length > 0 ? { document: documents[0] } : undefined,
      tabGroups: { all: [{ tabs: documents.map(({ uri }) => ({ input: new TabInputText(uri) })) }], onDidChangeTabs: nothing, onDidChangeTabGroups: nothing },
    }),
    languages: anything({ createDiagnosticCollection: () => collection, match: (selector, document) => selector.language === document.languageId || [].concat(selector).some(({ language }) => language === document.languageId) ? 10 : 0 }),
    workspace: anything({
      get isTrusted() { return trust.isTrusted; },
      onDidGrantWorkspaceTrust: granted.event,
      getConfiguration: () => ({ get: (key, fallback) => settings[key] ?? fallback }),
      workspaceFolders: undefined,
      textDocuments: documents,
      notebookDocuments: [],
      onDidChangeConfiguration: changed.event,
      createFileSystemWatcher: () => ({ onDidCreate: nothing, onDidChange: nothing, onDidDelete: nothing, dispose() {} }),
    }),
  });
  const grant = () => { trust.isTrusted = true; granted.fire(); };
  return { vscode, published, commands, errors, changed, grant };
}

/** The extension with a stub in the place of `vscode`. */
function load(vscode) {
  const resolve = Module._load;
  Module._load = (name, ...rest) => (name === 'vscode' ? vscode : resolve(name, ...rest));
  const file = require.resolve('../dist/extension.js');
  delete require.cache[file];
  try {
    return require(file);
  } finally {
    Module._load = resolve;
  }
}

async function until(condition) {
  for (let round = 0; round < 200 && !condition(); round += 1) {
    await new Promise((done) => setTimeout(done, 25));
  }
  return condition();
}

/** The extension in a workspace that is not trusted, with a threat model whose score is wrong and other files. */
async function opened(files) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'aivss-'));
  const file = path.join(folder, 'threat-model.yaml');
  const text = readFileSync(path.join(PROJECT, 'examples/smolagents/threat-model.yaml'), 'utf8').replace('score: 6.5', 'score: 6.6');
  for (const [name, content] of Object.entries({ ...files, 'threat-model.yaml': text })) {
    writeFileSync(path.join(folder, name), content);
  }
  const uri = Uri.file(file);
  const document = { uri, languageId: 'yaml', version: 1, isClosed: false, getText: () => text, lineCount: text.split('\n').length };
  const { published, errors, ...stubbed } = stub({ path: PROGRAM }, false, [document]);
  const extension = load(stubbed.vscode);
  await extension.activate({ subscriptions: [], extensionPath: folder });
  assert.deepEqual(errors, []);
  const problems = () => [...published.values()].flat().map(({ code }) => code?.value ?? code);
  return { ...stubbed, extension, published, problems };
}

test('problems of an open threat model arrive, and the server starts again', async () => {
  const { extension, published, problems, commands } = await opened({});
  assert.ok(await until(() => problems().includes('score-mismatch')), JSON.stringify([...published]));
  published.clear();
  await commands.get('aivss-lint.restart')();
  assert.ok(await until(() => problems().includes('score-mismatch')));
  await extension.deactivate();
});

test('rules in Rego run after trust is granted', async () => {
  const { extension, published, problems, grant } = await opened({
    'aivss-policy.yaml': 'aivss_policy: 1\nextends: [recommended]\nrego: [a.rego]\n',
    'a.rego': 'package main\n\nimport rego.v1\n\ndeny contains "no" if input.agent.name\n',
  });
  assert.ok(await until(() => problems().includes('score-mismatch')), JSON.stringify([...published]));
  assert.ok(!problems().includes('rego/deny'), problems().join());
  published.clear();
  grant();
  assert.ok(await until(() => problems().includes('rego/deny')), problems().join());
  await extension.deactivate();
});

test('a program that does not exist is an error message', async () => {
  const { vscode, errors } = stub({ path: '/nowhere/aivss-lint' }, true, []);
  const extension = load(vscode);
  await extension.activate({ subscriptions: [] });
  assert.ok(errors.some((message) => /cannot start \/nowhere\/aivss-lint: .* Set aivss-lint\.path/.test(message)), errors.join());
  await extension.deactivate();
});

test('the manifest limits workspaces that are not trusted, and its settings are those of the code', () => {
  const { untrustedWorkspaces } = manifest.capabilities;
  assert.equal(untrustedWorkspaces.supported, 'limited');
  const settings = Object.keys(manifest.contributes.configuration.properties);
  for (const setting of untrustedWorkspaces.restrictedConfigurations) {
    assert.ok(settings.includes(setting), setting);
  }
  const code = readFileSync(new URL('../src/extension.ts', import.meta.url), 'utf8');
  for (const setting of settings) {
    assert.ok(code.includes(`'${setting.split('.')[1]}'`), setting);
  }
});
