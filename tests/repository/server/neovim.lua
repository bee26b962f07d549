-- A session in Neovim 0.7 or later, from a folder with copies of two examples; docs/guides/editors.md shows what it prints:
--
--     nvim --headless -u NONE -n -c "luafile neovim.lua"

local function start()
  return vim.lsp.start_client({
    name = 'aivss-lint',
    cmd = { os.getenv('AIVSS_LINT') or 'aivss-lint', 'server' },
    root_dir = vim.fn.getcwd(),
    init_options = { today = '2026-11-23' },
  })
end
local id = start()
local function open(name)
  vim.cmd('edit ' .. name)
  vim.lsp.buf_attach_client(0, id)
  vim.wait(5000, function() return #vim.diagnostic.get(0) > 0 end)
end
local function say(line) io.stdout:write(line .. '\n') end
local function ask(method, params)
  params = params or { textDocument = vim.lsp.util.make_text_document_params() }
  local answers = vim.lsp.buf_request_sync(0, method, params, 5000) or {}
  return answers[id] and answers[id].result or {}
end
local function at(line, column)
  vim.api.nvim_win_set_cursor(0, { line, column - 1 })
  return vim.lsp.util.make_position_params(0, 'utf-16')
end
open('arithmetic.threat-model.yaml')
say(':edit arithmetic.threat-model.yaml')
for _, found in ipairs(vim.diagnostic.get(0)) do
  say(string.format('  %d:%d %s [%s] %s', found.lnum + 1, found.col + 1,
    vim.diagnostic.severity[found.severity], found.code, found.message:match('^[^\n]*')))
end
say('-- lines above the blocks (vim.lsp.codelens)')
for _, lens in ipairs(ask('textDocument/codeLens')) do
  say(string.format('  %d: %s', lens.range.start.line + 1, lens.command.title))
end
say('-- hints')
local hints = ask('textDocument/inlayHint', { textDocument = vim.lsp.util.make_text_document_params(),
  range = { start = { line = 0, character = 0 }, ['end'] = { line = 30, character = 0 } } })
for _, hint in ipairs(hints) do
  local line = vim.api.nvim_buf_get_lines(0, hint.position.line, hint.position.line + 1, true)[1]
  say(string.format('  %s  %s', line, hint.label))
end
local function actions(line, column, only)
  local params = at(line, column)
  params.range = { start = params.position, ['end'] = params.position }
  params.context = { diagnostics = {}, only = only }
  params.position = nil
  return ask('textDocument/codeAction', params)
end
say('-- code actions at 27:10')
for _, action in ipairs(actions(27, 10)) do say('  ' .. action.title) end
say('-- source.fixAll.aivss-lint')
for _, action in ipairs(actions(1, 1, { 'source.fixAll.aivss-lint' })) do
  vim.lsp.util.apply_workspace_edit(action.edit, 'utf-16')
end
vim.wait(5000, function() return #vim.diagnostic.get(0) < 3 end)
for _, found in ipairs(vim.diagnostic.get(0)) do
  say(string.format('  %d:%d %s [%s]', found.lnum + 1, found.col + 1,
    vim.diagnostic.severity[found.severity], found.code))
end
vim.cmd('edit! threat-model.yaml')
vim.lsp.buf_attach_client(0, id)
vim.wait(300)
say(':edit threat-model.yaml')
say('-- hover at 29:6')
for line in ask('textDocument/hover', at(29, 6)).contents.value:gmatch('[^\n]+') do say('  ' .. line) end
say('-- changes to try at 46:3')
for _, action in ipairs(actions(46, 3, { 'refactor' })) do say('  ' .. action.title) end
say('-- completion after `refs: [`')
vim.api.nvim_buf_set_lines(0, 55, 56, true, { '      - { title: A, refs: [] }' })
vim.wait(300)
local items = ask('textDocument/completion', at(56, 28))
for i = 1, 3 do if items[i] then say(string.format('  %s  %s', items[i].label, items[i].detail)) end end
vim.lsp.stop_client(id)
vim.wait(1000, function() return vim.lsp.client_is_stopped(id) end)
vim.cmd('qa!')
