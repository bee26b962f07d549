#!/usr/bin/env bash
# The hooks under the real pre-commit: tests/repository/pre-commit.sh FOLDER
#
# FOLDER contains all wheels that the hooks need: the program's, and setuptools. pre-commit gets this working tree as the
# hooks' repository, and commits are made in a scratch repository until one is blocked or passes as it should.
set -euo pipefail

wheels=$(cd -- "$1" && pwd)
root=$(cd -- "$(dirname -- "$0")/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

export PRE_COMMIT_HOME=$scratch/home PIP_NO_INDEX=1 PIP_FIND_LINKS=$wheels PIP_DISABLE_PIP_VERSION_CHECK=1
# Neither the machine's configuration nor an outer hook applies.
export GIT_CONFIG_GLOBAL=$scratch/gitconfig GIT_CONFIG_NOSYSTEM=1
unset GIT_DIR GIT_INDEX_FILE GIT_WORK_TREE
git config --global user.name Somebody
git config --global user.email somebody@example.org
git config --global init.defaultBranch main

hooks=$scratch/hooks
mkdir "$hooks"
(cd -- "$root" && git ls-files -z --cached --others --exclude-standard) |
  (cd -- "$root" && while IFS= read -r -d '' file; do
    # A tracked file may be gone.
    if [[ -e $file ]]; then printf '%s\0' "$file"; fi
  done | tar --null -T - -cf -) | tar -xf - -C "$hooks"
git -C "$hooks" init --quiet
git -C "$hooks" add --all --force
git -C "$hooks" commit --quiet --message hooks
revision=$(git -C "$hooks" rev-parse HEAD)

user=$scratch/user
log=$scratch/log
failures=0

# Begins a repository with one hook, and files that must not exist at its first commit.
begin() {
  rm -rf "$user"
  git init --quiet "$user"
  cd -- "$user"
  printf 'repos:\n- repo: %s\n  rev: %s\n  hooks:\n  - id: %s\n' "$hooks" "$revision" "$1" >.pre-commit-config.yaml
  mkdir agents
  cp "$root/examples/smolagents/threat-model.yaml" agents/threat-model.yaml
  git add --all
  git commit --quiet --message base
  pre-commit install >/dev/null
}

attempt() {
  git add --all
  git commit --quiet --message "$1" >"$log" 2>&1
}

# The commit is made, and pre-commit prints this for the hook: Passed or Skipped.
passes() {
  if attempt "$1" && grep -q -e "^aivss-lint.*$2\$" "$log"; then
    echo "ok: $1"
  else
    complain "$1: should pass and say $2"
  fi
  restore
}

# The commit is refused, and this is the reason.
blocks() {
  if ! attempt "$1" && grep -q -e "^aivss-lint.*Failed\$" "$log" && grep -q -e "$2" "$log"; then
    echo "ok: $1"
  else
    complain "$1: should be blocked, with $2"
  fi
  restore
}

complain() {
  failures=$((failures + 1))
  echo "FAILED: $1"
  cat "$log"
}

restore() {
  git reset --quiet --hard
  git clean --quiet -d --force
}

wrong() {
  mkdir -p "$(dirname -- "$1")"
  cp "$root/examples/owasp-0.5/01-tool-misuse.threat-model.yaml" "$1"
}

begin aivss-lint
wrong agents/new.threat-model.yaml
blocks 'a wrong model' 'error\[uplift-mismatch, score-mismatch\]'

cp agents/threat-model.yaml agents/good.threat-model.yaml
passes 'a correct model' Passed

printf 'replicas: 3\n' >deployment.yaml
printf '{}\n' >package.json
printf '# An agent\n' >README.md
passes 'files that are not threat models' Passed

printf 'int main() { return 0; }\n' >main.c
passes 'a file of another type' Skipped

printf 'aivss_policy: 1\nlimit: 3\n' >aivss-policy.yaml
cp agents/threat-model.yaml agents/another.threat-model.yaml
blocks 'a broken policy next to a model' 'aivss-policy\.yaml'

printf 'aivss_policy: 1\nlimit: 3\n' >aivss-policy.yaml
blocks 'a broken policy alone' 'aivss-policy\.yaml'

printf 'aivss_policy: 1\nextends: [recommended]\nfiles: { exclude: ["legacy/**"] }\n' >aivss-policy.yaml
passes 'a valid policy' Passed
wrong legacy/threat-model.yaml
passes 'a wrong model that the policy leaves out' Passed
wrong current/threat-model.yaml
wrong legacy/another.threat-model.yaml
blocks 'a wrong model next to one that the policy leaves out' 'current/threat-model\.yaml'

# shellcheck disable=SC2016 # It must not expand.
wrong 'agents/a name; with "signs" $(touch spliced).threat-model.yaml'
blocks 'a wrong model with a name of signs' 'error\[uplift-mismatch, score-mismatch\]'
if [[ -e spliced ]]; then complain 'a name was run'; fi

# pre-commit puts the names after the hook's arguments.
mkdir -- './--policy=x' x
cp agents/threat-model.yaml './--policy=x/threat-model.yaml'
printf 'aivss_policy: 1\nextends: [permissive]\n' >x/threat-model.yaml
wrong agents/new.threat-model.yaml
blocks 'a wrong model next to a folder named like an option' 'error\[uplift-mismatch, score-mismatch\]'

begin aivss-lint-all
printf 'aivss_policy: 1\nextends: [recommended]\nlimits: { score: 1.0 }\n' >aivss-policy.yaml
blocks 'a policy that an old model does not meet' 'agents/threat-model\.yaml'
printf 'int main() { return 0; }\n' >main.c
passes 'a commit without a threat model' Passed
wrong agents/later.threat-model.yaml
printf 'int main() { return 1; }\n' >main.c
git add main.c
if git commit --quiet --message 'a model that is not staged' >"$log" 2>&1; then
  echo 'ok: a wrong model that is not staged'
else
  complain 'a wrong model that is not staged: should pass'
fi
restore

# What the tests above installed must not be what this finds.
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install --quiet aivss-lint
PATH=$scratch/venv/bin:$PATH
begin aivss-lint-system
wrong agents/new.threat-model.yaml
blocks 'a wrong model, by the installed program' 'error\[uplift-mismatch, score-mismatch\]'
cp agents/threat-model.yaml agents/good.threat-model.yaml
passes 'a correct model, by the installed program' Passed

# Runs a command of git that commits.
# The commit is made.
makes() {
  local title=$1
  shift
  if "$@" >"$log" 2>&1; then echo "ok: $title"; else complain "$title: should be made"; fi
}

# The commit is refused, and this is the reason.
refuses() {
  local title=$1 why=$2
  shift 2
  if ! "$@" >"$log" 2>&1 && grep -q -e "$why" "$log"; then echo "ok: $title"; else complain "$title: should be refused"; fi
}

good() {
  mkdir -p "$(dirname -- "$1")"
  cp "$root/examples/smolagents/threat-model.yaml" "$1"
  printf '# %s\n' "$2" >>"$1"
}

wrong agents/threat-model.yaml
refuses 'commit --all' 'score-mismatch' git commit --quiet --all --message a
refuses 'commit --only' 'score-mismatch' git commit --quiet --only agents/threat-model.yaml --message a
git add --all
good agents/threat-model.yaml 'right again, and not staged'
refuses 'a file that is wrong as it is staged' 'score-mismatch' git commit --quiet --message a
git add --all
wrong agents/threat-model.yaml
makes 'a file that is right as it is staged' git commit --quiet --message a
restore
wrong agents/other.threat-model.yaml
git add --all
good agents/threat-model.yaml 'without the other'
makes 'commit --only next to a wrong model' git commit --quiet --only agents/threat-model.yaml --message a
refuses 'commit --amend with a wrong model' 'score-mismatch' git commit --quiet --amend --no-edit
restore
git mv agents/threat-model.yaml agents/renamed.threat-model.yaml
makes 'a rename' git commit --quiet --message a

# An exception for many files, of which a run of the hook sees some: pre-commit splits a long list.
wrong agents/old/threat-model.yaml
cat >aivss-policy.yaml <<'POLICY'
aivss_policy: 1
extends: [recommended]
rules: { exception-unused: error }
exceptions:
  - { rule: score-mismatch, path: "agents/**", reason: Soon replaced., owner: me, expires: 2099-01-01 }
  - { rule: uplift-mismatch, path: "agents/**", reason: Soon replaced., owner: me, expires: 2099-01-01 }
POLICY
makes 'exceptions for many files' eval 'git add --all && git commit --quiet --message a'
good agents/renamed.threat-model.yaml 'none of the excepted ones'
makes 'a commit without the excepted file' git commit --quiet --all --message a
long=$(printf 'a%.0s' {1..100})
for number in {1..1300}; do
  good "agents/$long/$number.threat-model.yaml" 'one of many'
done
makes 'a list of files that is split' eval 'git add --all && git commit --quiet --message a'
wrong "agents/$long/1299.threat-model.yaml"
sed -i 's/agents\/\*\*/agents\/old\/**/' aivss-policy.yaml
refuses 'a wrong model in a list of files' '1299.threat-model.yaml' git commit --quiet --all --message a
restore

git worktree add --quiet "$scratch/linked" -b linked
cd -- "$scratch/linked"
wrong new/threat-model.yaml
refuses 'a linked worktree' 'score-mismatch' eval 'git add --all && git commit --quiet --message a'
good new/threat-model.yaml 'right'
makes 'a linked worktree with a right model' eval 'git add --all && git commit --quiet --message a'
cd -- "$user"

above=$scratch/above
git init --quiet "$above"
git -C "$above" -c protocol.file.allow=always submodule --quiet add "$user" module
cp "$user/.pre-commit-config.yaml" "$above"
cd -- "$above"
pre-commit install >/dev/null
wrong module/new.threat-model.yaml
good threat-model.yaml 'of the repository above'
makes 'a commit above a submodule with a wrong model' eval 'git add --all && git commit --quiet --message a'
cd -- "$above/module"
pre-commit install >/dev/null
refuses 'a wrong model in a submodule' 'score-mismatch' eval 'git add --all && git commit --quiet --message a'

# A hook without pre-commit, which does not hide unstaged changes.
begin aivss-lint-system
sed -n '/^# .git\/hooks\/pre-commit/,/^```$/p' "$root/docs/ci/pre-commit.md" | sed '$d' | sed '1i#!/bin/sh' >.git/hooks/pre-commit
wrong agents/threat-model.yaml
git add --all
good agents/threat-model.yaml 'right again, and not staged'
refuses 'a hook without pre-commit, wrong as staged' 'score-mismatch' git commit --quiet --message a
git add --all
wrong agents/threat-model.yaml
makes 'a hook without pre-commit, right as staged' git commit --quiet --message a

if [[ $failures -gt 0 ]]; then
  echo "$failures of the cases above failed"
  exit 1
fi
