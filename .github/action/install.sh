#!/usr/bin/env bash
# Finds, fetches or builds the program. Output: `program`, its path.
#
# What is fetched is verified before it is run, and what does not match is an error: only a release that is not there
# leads to a build.
# shellcheck source=.github/action/common.sh
. "${BASH_SOURCE[0]%/*}/common.sh"

main() {
  local own folder target suffix='' archive
  if [[ -n $BINARY ]]; then
    program=$(type -P -- "$BINARY") || fail "there is no program $BINARY"
    # A relative path would lead elsewhere from the folder that is checked.
    case $program in
      /* | [A-Za-z]:*) ;;
      *) program=$PWD/$program ;;
    esac
    finish "${VERSION#v}"
    return
  fi

  own=$(sed -n '/^version = "/{s/^version = "\([^"]*\)".*/\1/p;q;}' "$GITHUB_ACTION_PATH/Cargo.toml")
  release=${VERSION#v}
  release=${release:-$own}
  [[ $release =~ ^[0-9]+\.[0-9]+\.[0-9]+([-+][0-9A-Za-z.+-]+)?$ ]] || fail "$release is no version: write 1.2.3"
  promised=$(printf '%s' "$CHECKSUM" | tr 'A-F' 'a-f')
  [[ -z $promised || $promised =~ ^[0-9a-f]{64}$ ]] || fail 'the checksum is no SHA-256: 64 hexadecimal digits'

  case $RUNNER_OS-$RUNNER_ARCH in
    # Linked statically, so that it runs on every distribution.
    Linux-X64) target=x86_64-unknown-linux-musl ;;
    Linux-ARM64) target=aarch64-unknown-linux-musl ;;
    macOS-X64) target=x86_64-apple-darwin ;;
    macOS-ARM64) target=aarch64-apple-darwin ;;
    Windows-X64) target=x86_64-pc-windows-msvc suffix=.exe ;;
    *) target='' ;;
  esac

  # Names without a drive letter inside: tar takes the text before a colon for a host.
  cd -- "$RUNNER_TEMP"
  folder=$(mktemp -d aivss-lint.XXXXXX)
  cd -- "$folder"

  archive=aivss-lint-$target.tar.gz
  if [[ -z $ACTION_REPOSITORY ]]; then
    echo 'The action is in the repository itself: its source is built.'
    build "it has version $own" "$own"
  elif [[ -z $target ]]; then
    build "there is no archive for $RUNNER_OS on $RUNNER_ARCH" "$own"
  elif ! fetch "$archive"; then
    build "the release v$release has no $archive" "$own"
  else
    verify "$archive"
    tar -xzf "$archive" "aivss-lint$suffix" || fail "$archive holds no aivss-lint$suffix"
    program=$PWD/aivss-lint$suffix
  fi
  finish "$release"
}

# Fetches a file of the release into the current folder; fails if the release, or the file in it, does not exist.
fetch() {
  local url=$GITHUB_SERVER_URL/$ACTION_REPOSITORY/releases/download/v$release/$1 status
  status=$(curl --silent --show-error --location --proto '=https' --retry 3 --connect-timeout 30 --max-time 300 \
    --output "$1" --write-out '%{http_code}' "$url") || fail "cannot fetch $url"
  case $status in
    200) ;;
    404) return 1 ;;
    *) fail "cannot fetch $url: the server answers $status" ;;
  esac
}

# Ends the step unless the archive is what the checksum says.
verify() {
  local expected=$promised actual
  if [[ -z $expected ]]; then
    fetch SHA256SUMS || fail "the release v$release has no SHA256SUMS, so $1 cannot be verified"
    expected=$(awk -v name="$1" '$2 == name || $2 == "*" name { print $1 }' SHA256SUMS)
    [[ $expected =~ ^[0-9a-f]{64}$ ]] || fail "SHA256SUMS of the release v$release does not name $1 exactly once"
  fi
  if command -v sha256sum >/dev/null; then
    actual=$(sha256sum <"$1")
  elif command -v shasum >/dev/null; then
    actual=$(shasum -a 256 <"$1")
  else
    fail "neither sha256sum nor shasum is here, so $1 cannot be verified"
  fi
  actual=${actual%% *}
  [[ $actual == "$expected" ]] || fail "$1 has the SHA-256 $actual, expected $expected"
}

# Builds the source next to the action, if that was asked for.
build() {
  [[ -z $promised ]] || fail "$1, so there is nothing that the checksum could match"
  [[ $release == "$2" ]] || fail "$1, and the source of this action has version $2, not $release"
  command -v cargo >/dev/null || fail "$1, and there is no cargo to build it with"
  echo "Building aivss-lint $2 from source: $1."
  program=$PWD/bin/aivss-lint
  # From the action's folder: the checked repository may have a .cargo/config.toml, which must not steer the build.
  (cd -- "$GITHUB_ACTION_PATH" && cargo install --path "$GITHUB_ACTION_PATH" --locked --root "$OLDPWD") ||
    fail "aivss-lint $2 cannot be built"
}

# Checks that the program runs and has the version, if one is asked for.
finish() {
  local said
  said=$("$program" --version) || fail "$program does not run"
  [[ -z $1 || $said == "aivss-lint $1" ]] || fail "$program says that it is $said, not aivss-lint $1"
  printf '%s\n' "$said"
  output program "$program"
}

main
