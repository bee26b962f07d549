#!/usr/bin/env bash
# Finds what the change is compared with and whose policy applies, and fetches both if the clone is too shallow.
# Outputs: `base` and `policy-from`, full commit ids or empty; `pull-request`, a number or empty; `fork`, true or false.
# shellcheck source=.github/action/common.sh
. "${BASH_SOURCE[0]%/*}/common.sh"

# What git said when it last failed to fetch.
reason=''

main() {
  local base='' policy_base='' number='' fork=false commit
  enter_working_directory

  case $GITHUB_EVENT_NAME in
    pull_request*)
      number=$PULL_REQUEST
      [[ $number =~ ^[0-9]+$ ]] || fail 'the event does not say which pull request it is about'
      # A fork that is deleted has no name at all.
      [[ $HEAD_REPOSITORY == "$GITHUB_REPOSITORY" ]] || fork=true
      ;;
  esac
  output fork "$fork"
  output pull-request "$number"
  need_change

  if [[ -n $BASE ]]; then
    resolve "$BASE"
    base=$resolved
  else
    case $GITHUB_EVENT_NAME in
      pull_request*)
        pull_request_base
        base=$resolved
        ;;
      merge_group) base=$MERGE_GROUP_BASE ;;
      push)
        if [[ $PUSH_BEFORE =~ ^0*$ ]]; then
          echo 'This is the first push to the branch. There is no base, and every problem counts.'
        elif ! is_replaced "$PUSH_BEFORE"; then
          base=$PUSH_BEFORE
        fi
        ;;
    esac
    [[ -n $base || $is_change == false ]] || fail 'the event does not say what its base is: set the input base'
  fi
  if [[ -n $base ]]; then
    obtain "$base"
    join "$base"
    if [[ $GITHUB_EVENT_NAME == pull_request_target ]] && git merge-base --is-ancestor HEAD "$base"; then
      refuse_checkout 'the change'
    fi
  fi

  case $POLICY_FROM in
    head) ;;
    '') if [[ $is_change == true ]]; then policy_base=$base; fi ;;
    *)
      resolve "$POLICY_FROM"
      policy_base=$resolved
      obtain "$policy_base"
      ;;
  esac
  if [[ -n $base$policy_base ]] && is_partial; then
    for commit in $base $policy_base; do complete "$commit"; done
  fi

  output base "$base"
  output policy-from "$policy_base"
  echo "Base: ${base:-none}. Policy from: ${policy_base:-the checkout}."
}

# Ends the step unless the checkout contains the commit that the event is about: by default, some events check out the
# tip of the target or default branch instead. Sets `is_change` to whether the checkout is a change for review.
need_change() {
  local head change=${EVENT_HEAD:-}
  is_change=false
  case $GITHUB_EVENT_NAME in
    pull_request* | merge_group) is_change=true ;;
    push) change=$GITHUB_SHA ;;
    issue_comment)
      if [[ -z ${COMMENTED_PULL_REQUEST:-} ]]; then return; fi
      need_checkout
      [[ $COMMENTED_PULL_REQUEST =~ ^[0-9]+$ ]] || fail "$COMMENTED_PULL_REQUEST is no number of a pull request"
      # git also lists refs that only end like this one.
      change=$(git ls-remote --quiet origin "refs/pull/$COMMENTED_PULL_REQUEST/head" 2>/dev/null |
        sed -n "s#^\([0-9a-f]*\)[[:space:]]refs/pull/$COMMENTED_PULL_REQUEST/head\$#\1#p") || change=''
      ;;
    workflow_run | check_run | check_suite) ;;
    *) return ;;
  esac
  case $GITHUB_EVENT_NAME in
    # Of these, only a base needs a checkout.
    pull_request* | merge_group | push) if [[ -z $checkout ]]; then return; fi ;;
    *) need_checkout ;;
  esac
  head=$(git rev-parse --quiet --verify HEAD) || fail 'the checkout has no commit: actions/checkout comes first'
  case $GITHUB_EVENT_NAME in
    pull_request_target | issue_comment)
      [[ $head != "$GITHUB_SHA" ]] || refuse_checkout "${change:-the change}"
      ;;
  esac
  if [[ $change =~ ^0*$ ]]; then
    case $GITHUB_EVENT_NAME in
      issue_comment) fail "cannot find out what the head of the pull request $COMMENTED_PULL_REQUEST is: give actions/checkout its credentials" ;;
      workflow_run | check_run | check_suite) fail 'the event does not say which commit it is about' ;;
    esac
  else
    [[ $change =~ ^([0-9a-f]{40}|[0-9a-f]{64})$ ]] || fail "$change is not a commit id"
    contains "$change" || refuse_checkout "$change"
  fi
  if [[ $GITHUB_EVENT_NAME != push && $head != "$GITHUB_SHA" ]]; then is_change=true; fi
}

# Whether HEAD is a commit or has it in its history.
contains() {
  local head
  head=$(git rev-parse HEAD)
  if [[ $head == "$1" || $'\n'$(parents)$'\n' == *$'\n'"$1"$'\n'* ]]; then return; fi
  git merge-base --is-ancestor "$1" HEAD 2>/dev/null && return
  # What is the tip of the target or default branch need not be searched.
  is_shallow && [[ $head != "$GITHUB_SHA" && $head != "$PULL_REQUEST_BASE" ]] || return 1
  fetch --unshallow origin "$1" "$head" || fetch --unshallow origin || return 1
  git merge-base --is-ancestor "$1" HEAD 2>/dev/null
}

# The parents of HEAD, read from the commit itself: a shallow clone hides them from everything else.
parents() {
  local key value
  git cat-file commit HEAD | {
    read -r key value
    # A line behind another header is no parent for git.
    while read -r key value && [[ $key == parent ]]; do printf '%s\n' "$value"; done
    cat >/dev/null
  }
}

# Ends the step and prints the checkout to write.
refuse_checkout() {
  local ref secrets=$'\nThe job has access to your secrets: run nothing from that checkout. If you can, use the event pull_request.'
  # shellcheck disable=SC2016 # GitHub evaluates it, in the workflow.
  case $GITHUB_EVENT_NAME in
    pull_request_target) ref='refs/pull/${{ github.event.pull_request.number }}/merge' ;;
    issue_comment) ref='refs/pull/${{ github.event.issue.number }}/merge' ;;
    workflow_run | check_run | check_suite) ref="\${{ github.event.$GITHUB_EVENT_NAME.head_sha }}" ;;
    *) fail "the checkout does not contain $1, so nothing of it would be checked: remove ref from the step actions/checkout" ;;
  esac
  fail "the checkout is the target or default branch and does not contain $1, so nothing of it would be checked. Write:
- uses: actions/checkout
  with:
    ref: $ref
    fetch-depth: 2
    persist-credentials: false$secrets"
}

# The tip of the base branch. If the checkout is the merge commit that GitHub made for the event, that is its first
# parent. Any other merge commit is the author's, who chose its parents: then it is what the event says.
pull_request_base() {
  local head two=$'^([0-9a-f]+)\n[0-9a-f]+$'
  need_checkout
  head=$(git rev-parse --verify HEAD) || fail 'the checkout has no commit: actions/checkout comes first'
  resolved=$PULL_REQUEST_BASE
  if [[ $head == "$GITHUB_SHA" && $GITHUB_REF == refs/pull/*/merge ]]; then
    if [[ $(parents) =~ $two ]]; then
      resolved=${BASH_REMATCH[1]}
      has "$resolved" || fetch --depth=2 origin "$head" || true
    fi
  fi
}

# Sets `resolved` to the commit that a revision names, here or at the origin. A branch comes before everything else of
# its name: more people may push a tag.
resolve() {
  local name ref
  need_checkout
  case $1 in
    -* | :* | ^* | *[[:space:][:cntrl:]]*) fail "$1 is no revision" ;;
  esac
  # A full id needs no name.
  if [[ $1 =~ ^([0-9a-f]{40}|[0-9a-f]{64})$ ]]; then
    resolved=$1
    return
  fi
  name=${1%%[~^:]*}
  name=${name%%@\{*}
  if [[ $name =~ ^[0-9a-f]{4,39}$ ]]; then
    fail "$1 may be a branch or a short commit id: write refs/heads/$1 or the full id"
  fi
  case $name in
    HEAD) resolved=$(commit_of "$1") && return ;;
    refs/*) find_ref "$name" "${1#"$name"}" && return ;;
    *)
      for ref in "refs/remotes/origin/${name#origin/}" "refs/heads/$name"; do
        has_ref "$ref" && resolved=$(commit_of "$ref${1#"$name"}") && return
      done
      # Where the origin has such a branch, a tag of the same name means nothing.
      if is_branch_of_origin "${name#origin/}"; then
        find_ref "refs/heads/${name#origin/}" "${1#"$name"}" && return
      else
        resolved=$(commit_of "$1") && return
        find_ref "refs/tags/$name" "${1#"$name"}" && return
      fi
      ;;
  esac
  cannot "the revision $1"
}

# Sets `resolved` to what a full name and what follows it lead to, here or at the origin.
find_ref() {
  local short=()
  has_ref "$1" && resolved=$(commit_of "$1$2") && return
  if is_shallow; then short=(--depth=1); fi
  fetch ${short[@]+"${short[@]}"} origin "$1" && resolved=$(commit_of "FETCH_HEAD$2")
}

has_ref() {
  git show-ref --verify --quiet -- "$1"
}

commit_of() {
  git rev-parse --verify --quiet --end-of-options "$1^{commit}"
}

# Whether the origin has a branch. Ends the step where it does not answer.
is_branch_of_origin() {
  local code=0
  reason=$(git ls-remote --exit-code --quiet origin "refs/heads/$1" 2>&1 >/dev/null) || code=$?
  case $code in
    0) return 0 ;;
    # It answers, and has none.
    2) return 1 ;;
    *) fail "cannot find out whether $1 is a branch of the origin (git says: $reason): write refs/heads/$1, refs/tags/$1 or a full commit id" ;;
  esac
}

# Ends the step unless the commit is here or can be had.
obtain() {
  local short=()
  need_checkout
  [[ $1 =~ ^([0-9a-f]{40}|[0-9a-f]{64})$ ]] || fail "$1 is no commit id"
  has "$1" && return
  if is_shallow; then short=(--depth=1); fi
  fetch ${short[@]+"${short[@]}"} origin "$1" || true
  has "$1" || cannot "the commit $1"
}

# Ends the step unless the commit and HEAD are joined by history. Nothing more is fetched if the one leads to the other.
join() {
  local head
  git merge-base --is-ancestor "$1" HEAD && return
  if is_shallow; then
    head=$(git rev-parse HEAD)
    # HEAD may have been made here, so that the origin does not know it.
    fetch --unshallow origin "$1" "$head" || fetch --unshallow origin || true
  fi
  git merge-base "$1" HEAD >/dev/null && return
  # A force push may have replaced all of the history: the program compares the two as they are.
  if [[ $GITHUB_EVENT_NAME == push ]] && ! is_shallow; then return; fi
  cannot "what $1 and HEAD have in common"
}

# Whether the origin no longer has a commit, as after a force push. Not if the origin does not answer.
is_replaced() {
  need_checkout
  [[ $1 =~ ^([0-9a-f]{40}|[0-9a-f]{64})$ ]] || fail "$1 is no commit id"
  has "$1" && return 1
  fetch --depth=1 origin "$1" && return 1
  git ls-remote --quiet origin HEAD >/dev/null 2>&1 || return 1
  echo "::notice title=aivss-lint::The origin no longer has $1, what the branch was before: a force push has replaced it. There is no base, and every problem counts."
}

# Whether the clone is a partial one, which lacks the content of files.
is_partial() {
  git config --get-regexp '^(extensions\.partialclone|remote\..*\.promisor)$' >/dev/null
}

# Fetches the content that a comparison of HEAD with a commit reads and that a partial clone lacks: of files that can be
# threat models, policies or rules, and that differ. If it cannot be fetched, the program reports what is missing.
complete() {
  local from changed ids
  for from in "$1" $(git merge-base "$1" HEAD || true); do
    if ! changed=$(differing "$from"); then
      # The folders are missing as well.
      git cat-file commit "$from" | sed -n '1s/^tree //p' | fetch_objects || return 0
      changed=$(differing "$from") || return 0
    fi
    ids=$(awk -F '\t' 'tolower($2) ~ /\.(ya?ml|json|md|markdown|rego)"?$/ {
      split($1, entry, " ")
      if (entry[1] != ":160000" && entry[3] !~ /^0+$/) print entry[3]
      if (entry[2] != "160000" && entry[4] !~ /^0+$/) print entry[4]
    }' <<<"$changed" | sort -u | git cat-file --batch-check | sed -n 's/ missing$//p') || return 0
    if [[ -n $ids ]]; then fetch_objects <<<"$ids" || return 0; fi
  done
}

# One line for each file that differs between a commit and HEAD: modes, ids and the path.
differing() {
  git diff-tree -r --no-renames --no-abbrev "$1" HEAD 2>/dev/null
}

# Fetches the objects whose ids are the lines of standard input, as git does for a single one that it lacks.
fetch_objects() {
  git -c fetch.negotiationAlgorithm=noop fetch --quiet --no-tags --no-recurse-submodules --no-write-fetch-head \
    --filter=blob:none --stdin origin >/dev/null 2>&1
}

has() {
  git cat-file -e "$1^{commit}" 2>/dev/null
}

is_shallow() {
  [[ $(git rev-parse --is-shallow-repository) == true ]]
}

# Fetches without a word; the reason of a failure is kept.
fetch() {
  reason=$(git fetch --quiet --no-tags --no-recurse-submodules "$@" 2>&1)
}

cannot() {
  fail "cannot find $1 in this clone${reason:+ (git says: $reason)}. Give actions/checkout fetch-depth: 0, or keep its credentials so that it can be fetched."
}

main
