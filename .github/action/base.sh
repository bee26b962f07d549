#!/usr/bin/env bash
# Finds what the change is compared with and whose policy judges it, and fetches both if the clone is too shallow.
# Outputs: `base` and `policy-from`, full commit ids or empty; `pull-request`, a number or empty; `fork`, true or false.
# shellcheck source=.github/action/common.sh
. "${BASH_SOURCE[0]%/*}/common.sh"

# What git said when it last failed to fetch.
reason=''

main() {
  local base='' judge='' number='' fork=false
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
      # A branch that is new was nothing before.
      push) [[ $PUSH_BEFORE =~ ^0*$ ]] || is_replaced "$PUSH_BEFORE" || base=$PUSH_BEFORE ;;
    esac
    case $GITHUB_EVENT_NAME in
      pull_request* | merge_group) [[ -n $base ]] || fail 'the event does not say what its base is: set the input base' ;;
    esac
  fi
  if [[ -n $base ]]; then
    obtain "$base"
    join "$base"
    if [[ $GITHUB_EVENT_NAME == pull_request_target ]]; then need_change "$base"; fi
  fi

  case $POLICY_FROM in
    head) ;;
    '')
      case $GITHUB_EVENT_NAME in
        pull_request* | merge_group) judge=$base ;;
      esac
      ;;
    *)
      resolve "$POLICY_FROM"
      judge=$resolved
      obtain "$judge"
      ;;
  esac

  output base "$base"
  output policy-from "$judge"
  echo "Base: ${base:-none}. Policy from: ${judge:-the checkout}."
}

# The tip of the base branch. If the checkout is the merge commit that GitHub made for the event, that is its first
# parent. Any other merge commit is the author's, who chose its parents: then it is what the event says.
pull_request_base() {
  local head parents two=$'^([0-9a-f]+)\n[0-9a-f]+$'
  need_checkout
  head=$(git rev-parse --verify HEAD) || fail 'the checkout has no commit: actions/checkout comes first'
  resolved=$PULL_REQUEST_BASE
  if [[ $head == "$GITHUB_SHA" && $GITHUB_REF == refs/pull/*/merge ]]; then
    # Read from the commit itself: a shallow clone hides the parents from everything else.
    parents=$(git cat-file commit HEAD | sed -n '1,/^$/s/^parent //p')
    if [[ $parents =~ $two ]]; then
      resolved=${BASH_REMATCH[1]}
      has "$resolved" || fetch --depth=2 origin "$head" || true
    fi
  fi
}

# Ends the step where the checkout contains nothing of the change, as it does by default for pull_request_target.
need_change() {
  local head
  head=$(git rev-parse HEAD)
  if [[ $head == "$GITHUB_SHA" ]] || git merge-base --is-ancestor HEAD "$1"; then
    fail 'the checkout is the base of the pull request and does not contain the change: use the event pull_request'
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
