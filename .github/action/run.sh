#!/usr/bin/env bash
# Runs the gate once. Outputs: what the report says, and where its files are. The step passes whatever the verdict is,
# so that the steps that publish the report run; the last step of the action gives the verdict.
#
# A threat model is a stranger's text, and so is all that is printed about it: the log is closed to workflow commands
# while the program writes to it, and no value becomes an output unless it has exactly the form that it must have.
# shellcheck source=.github/action/common.sh
. "${BASH_SOURCE[0]%/*}/common.sh"

main() {
  local folder arguments targets=() path token code=0 checked=false category=${CATEGORY:-aivss-lint}
  flag annotations "$ANNOTATIONS"
  flag new-only "$NEW_ONLY"
  flag summary "$SUMMARY"
  enter_working_directory

  # The runner's own spelling of the folder, which other programs than bash understand on Windows as well.
  folder=$RUNNER_TEMP/$(cd -- "$RUNNER_TEMP" && mktemp -d aivss-lint.XXXXXX)
  json=$folder/report.json

  arguments=(check --format human --format json --output "$json"
    --format sarif --output "$folder/report.sarif" --format markdown --output "$folder/report.md")
  if [[ $ANNOTATIONS == true ]]; then arguments+=(--format github --output "$folder/annotations"); fi
  # The default needs no option.
  if [[ $category != aivss-lint ]]; then arguments+=("--category=$category"); fi
  if [[ -n $BASE ]]; then arguments+=(--base "$BASE"); fi
  if [[ -n $POLICY_FROM ]]; then arguments+=(--policy-from "$POLICY_FROM"); fi
  if [[ -n $POLICY ]]; then arguments+=(--policy "$POLICY"); fi
  if [[ -n $FAIL_ON ]]; then arguments+=(--fail-on "$FAIL_ON"); fi
  if [[ $NEW_ONLY == true && -n $BASE ]]; then
    arguments+=(--new-only)
  elif [[ $NEW_ONLY == true ]]; then
    echo 'There is no base to compare with, so every problem counts.'
  fi
  # shellcheck disable=SC2153 # It is the input, not PATH.
  while IFS=$' \t\r' read -r path || [[ -n $path ]]; do
    if [[ -n $path ]]; then targets+=("$path"); fi
  done <<<"$PATHS"
  [[ ${#targets[@]} -gt 0 ]] || fail 'the input paths names nothing'

  token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  printf '::stop-commands::%s\n' "$token"
  "$PROGRAM" "${arguments[@]}" -- "${targets[@]}" </dev/null || code=$?
  # On a line of its own, wherever the program stopped.
  printf '\n::%s::\n' "$token"

  if [[ -f $folder/annotations ]]; then
    sed -n -E '/^::(error|warning|notice) /p' "$folder/annotations"
  fi
  if [[ $SUMMARY == true && -f $folder/report.md ]]; then
    cat "$folder/report.md" >>"$GITHUB_STEP_SUMMARY"
  fi
  report "$code"
  # Code scanning closes the alerts that an incomplete report does not have.
  if [[ $checked == true && -f $folder/report.sarif ]]; then output report-sarif "$folder/report.sarif"; fi
  if [[ -f $folder/report.md ]]; then output report-markdown "$folder/report.md"; fi
}

flag() {
  case $2 in
    true | false) ;;
    *) fail "the input $1 is true or false, not $2" ;;
  esac
}

# Sets the outputs that come from the report, if there is one and it agrees with the program's exit code.
report() {
  local verdict code errors warnings notes score severity
  if [[ -f $json ]] &&
    verdict=$(top verdict '"[a-z-]*"') && code=$(top exit_code '[0-9]*') && [[ $code == "$1" ]] &&
    errors=$(count errors) && warnings=$(count warnings) && notes=$(count notes); then
    case $verdict:$code in
      passed:0 | failed:1 | cannot-judge:2)
        output errors "$errors"
        output warnings "$warnings"
        output notes "$notes"
        if score=$(worst score '[0-9.]*') && severity=$(worst severity '"[A-Za-z]*"') &&
          [[ $score =~ ^[0-9]+\.[0-9]$ && -n $severity ]]; then
          output highest-score "$score"
          output highest-severity "$severity"
        fi
        output report-json "$json"
        if [[ $code != 2 ]]; then checked=true; fi
        output verdict "$verdict"
        output exit-code "$code"
        return
        ;;
    esac
  fi
  echo "aivss-lint ended with $1 and left no report that goes with it."
  output verdict cannot-judge
  output exit-code 2
}

# The report is read with sed, because a runner need not have anything better. That is sound: the program writes one
# key a line and indents by depth, and a line break within a text is written as \n. So a line with a given key and
# indentation can only be what it seems to be. Each of these prints one value of the given form, or fails.
top() {
  one "$(sed -n "s/^  \"$1\": \($2\),\{0,1\}\$/\1/p" "$json")"
}

count() {
  one "$(summary | sed -n "s/^    \"$1\": \([0-9]\{1,\}\),\{0,1\}\$/\1/p")"
}

worst() {
  one "$(summary | sed -n '/^    "worst": {$/,/^    }/p' | sed -n "s/^      \"$1\": \($2\),\{0,1\}\$/\1/p")"
}

summary() {
  sed -n '/^  "summary": {$/,/^  }/p' "$json"
}

one() {
  local value=${1//\"/}
  [[ -n $value && $value != *$'\n'* ]] && printf '%s' "$value"
}

main
