#!/usr/bin/env bash
# Keeps one comment on the pull request up to date: the one that begins with the report's marker and was written by
# whoever the token belongs to. Anybody can write the marker, so it alone proves nothing.
# shellcheck source=.github/action/common.sh
. "${BASH_SOURCE[0]%/*}/common.sh"

category=${CATEGORY:-aivss-lint}
marker='<!-- aivss-lint -->'
if [[ $category != aivss-lint ]]; then marker="<!-- aivss-lint: $category -->"; fi
readonly marker

main() {
  local first own comments comment='' id author marked
  # Not in the checkout, where gh would look for a repository.
  cd -- "$RUNNER_TEMP"
  # Where gh looks for a host and a token differs between github.com and a server of one's own.
  export GH_HOST=${GITHUB_SERVER_URL#*://} GH_ENTERPRISE_TOKEN=$GH_TOKEN GH_PROMPT_DISABLED=1
  IFS= read -r first <"$REPORT" || fail 'the report is empty'
  [[ $first == "$marker" ]] || fail 'the report does not begin with its marker'

  own=$(gh api graphql --field query='query { viewer { login } }' --jq .data.viewer.login) ||
    fail 'cannot find the owner of the token'
  comments=$(gh api --paginate "repos/$GITHUB_REPOSITORY/issues/$PULL_REQUEST/comments?per_page=100" \
    --jq ".[] | [.id, .user.login, (.body // \"\" | startswith(\"$marker\"))] | @tsv") ||
    fail 'cannot read the comments of the pull request'
  while IFS=$'\t' read -r id author marked; do
    if [[ -z $comment && $marked == true && $author == "$own" && $id =~ ^[0-9]+$ ]]; then comment=$id; fi
  done <<<"$comments"

  if [[ -n $comment ]]; then
    gh api --silent --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$comment" --field "body=@$REPORT" ||
      fail 'cannot update the comment'
  else
    gh api --silent --method POST "repos/$GITHUB_REPOSITORY/issues/$PULL_REQUEST/comments" --field "body=@$REPORT" ||
      fail 'cannot comment: the job needs the permission pull-requests: write'
  fi
}

main
