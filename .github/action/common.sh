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

# In a container the workspace belongs to another user, and git refuses to read it unless told that it may. Through
# the environment, so that it holds for the program as well and leaves no trace in a configuration file.
trust_workspace() {
  local folder count=${GIT_CONFIG_COUNT:-0}
  # A checkout may have a folder of its own within the workspace.
  for folder in "$GITHUB_WORKSPACE" "$PWD"; do
    export "GIT_CONFIG_KEY_$count=safe.directory" "GIT_CONFIG_VALUE_$count=$folder"
    count=$((count + 1))
  done
  export GIT_CONFIG_COUNT=$count
}
