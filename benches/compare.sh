#!/usr/bin/env bash
# Times whole processes of aivss-lint and of validators that do a part of its job, in turn, and prints tables.
#
#     benches/compare.sh [ROUNDS]
#
# Installs the validators into target/bench-tools, from the registries of Rust, Python and npm. A validator that cannot be
# installed is skipped with a message. Compare only ratios of one run: machines differ, and drift.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-15}
tools=$PWD/target/bench-tools
# Outside the repository, which ignores its target folder.
corpus=${TMPDIR:-/tmp}/aivss-lint-bench

say() { printf '%s\n' "$*" >&2; }

install_rust() { # BINARY CRATE VERSION
  [[ -x $tools/bin/$1 ]] && return
  say "installing $2 $3"
  cargo install --quiet --locked --root "$tools" --target-dir target/bench-build "$2" --version "$3" || say "skipped: $2"
}
install_rust boon boon-cli 0.6.2
install_rust jsonschema-cli jsonschema-cli 0.60.2
if ! [[ -x $tools/venv/bin/check-jsonschema ]]; then
  python3 -m venv "$tools/venv"
  "$tools/venv/bin/pip" install --quiet check-jsonschema==0.39.0 sourcemeta-jsonschema==17.3.0 || say "skipped: Python packages"
fi
if ! [[ -x $tools/node_modules/.bin/jsonschema ]] && command -v npm >/dev/null; then
  npm install --silent --prefix "$tools" @sourcemeta/jsonschema@16.11.0 >/dev/null || say "skipped: the npm package"
fi

say "building the release"
cargo build --quiet --release --locked
say "writing the corpora"
if ! [[ -d $corpus/problems && -d $corpus/pages-1000 ]]; then
  rm -rf "$corpus"
  benches/corpus.py 1 "$corpus/one"
  benches/corpus.py 1000 "$corpus/yaml-1000"
  benches/corpus.py 10000 "$corpus/yaml-10000"
  benches/corpus.py 1000 "$corpus/json-1000" --json
  benches/corpus.py 1000 "$corpus/tree" --tree 19000
  benches/corpus.py 10000000 "$corpus/large/large.threat-model.yaml" --one
  mkdir "$corpus/larges"
  for at in 1 2 3 4 5; do cp "$corpus/large/large.threat-model.yaml" "$corpus/larges/$at.threat-model.yaml"; done
  benches/corpus.py 1000 "$corpus/pages-1000" --pages
  benches/corpus.py 10000 "$corpus/problems" --problems
fi
say "timing"
exec benches/compare.py "$tools" "$corpus" "$rounds"
