# shellcheck shell=bash
# What the steps of the action share. It is sourced, never run.
#
# The scripts keep to bash 3.2 and to what GNU, BSD and Git for Windows have in common.
set -euo pipefail
# With a CDPATH, `cd` may go elsewhere and print where.
unset CDPATH

# Ends the step with a message that shows on the run's page, on one line whatever is in it.
fail() {
  local text=$1
  text=${text//'%'/%25}
  text=${text//$'\r'/%0D}
  text=${text//$'\n'/%0A}
  # Standard error, because a caller may be capturing the other.
  printf '::error title=aivss-lint::%s\n' "$text" >&2
  exit 2
}

# Sets an output of the step. A second line would be another output.
output() {
  case $2 in
    *$'\n'* | *$'\r'*) fail "the output $1 would have more than one line" ;;
  esac
  printf '%s=%s\n' "$1" "$2" >>"$GITHUB_OUTPUT"
}

# Keeps those entries of PATH that are absolute. An empty or relative one is the current folder, where a change may have
# put a program named like one of the runner's.
clean_path() {
  local rest=$PATH: entry path=''
  while [[ -n $rest ]]; do
    entry=${rest%%:*} rest=${rest#*:}
    if [[ $entry == /* ]]; then path+=${path:+:}$entry; fi
  done
  PATH=${path:-/usr/bin:/bin}
}

# Enters the folder that the input names, below the workspace. A link on the way is refused: the change that is checked
# decides where it leads. Sets `checkout` to the folder at or above it that has a `.git`, which no change can contain, or
# to nothing.
enter_working_directory() {
  local rest=$WORKING_DIRECTORY part folder=.
  if [[ ${RUNNER_OS:-} == Windows ]]; then rest=${rest//\\//}; fi
  case $rest in
    "$GITHUB_WORKSPACE") rest=. ;;
    "$GITHUB_WORKSPACE"/*) rest=${rest#"$GITHUB_WORKSPACE"/} ;;
    /* | [A-Za-z]:*) fail "the input working-directory is relative to the workspace, not $WORKING_DIRECTORY" ;;
  esac
  cd -- "$GITHUB_WORKSPACE"
  rest=$rest/
  while [[ -n $rest ]]; do
    part=${rest%%/*} rest=${rest#*/} folder=$folder/$part
    if [[ -L $folder ]]; then fail "the input working-directory leads through a link: ${folder#./}"; fi
  done
  cd -- "$folder" || fail "there is no folder $WORKING_DIRECTORY"
  find_checkout
  trust_checkout
}

find_checkout() {
  local workspace
  workspace=$(cd -- "$GITHUB_WORKSPACE" && pwd -P)
  checkout=$(pwd -P)
  until [[ -e $checkout/.git ]]; do
    case $checkout in
      "$workspace"/*) checkout=${checkout%/*} ;;
      *)
        checkout=''
        return
        ;;
    esac
  done
}

# Takes git's variables out of the environment, and says which checkout to trust: in a container it belongs to another
# user, and git refuses to read it otherwise. Through the environment, so that it holds for the program as well and
# leaves no trace in a configuration file.
trust_checkout() {
  local name folder count=0
  for name in "${!GIT_@}"; do unset "$name"; done
  for folder in "$GITHUB_WORKSPACE" ${checkout:+"$checkout"}; do
    export "GIT_CONFIG_KEY_$count=safe.directory" "GIT_CONFIG_VALUE_$count=$folder"
    count=$((count + 1))
  done
  export GIT_CONFIG_COUNT=$count
  # Nothing is asked, and nothing is fetched but by `git fetch`, from an origin that is no program.
  export GIT_TERMINAL_PROMPT=0 GIT_NO_LAZY_FETCH=1 GIT_ALLOW_PROTOCOL=file:git:http:https:ssh
}

# Runs git in the checkout, and nothing that a file of the change could name.
git() {
  LC_ALL=C command git -C "${checkout:?}" -c safe.bareRepository=explicit -c protocol.ext.allow=never \
    -c core.fsmonitor=false -c core.hooksPath=/dev/null --no-replace-objects "$@"
}

need_checkout() {
  [[ -n $checkout ]] || fail 'there is no git checkout here: actions/checkout comes first'
}

clean_path
