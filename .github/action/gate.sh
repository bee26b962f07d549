#!/usr/bin/env bash
# Gives the verdict: the outputs `verdict` and `exit-code`, and the exit code itself. What is not surely 0 or 1 is 2.
# shellcheck source=.github/action/common.sh
. "${BASH_SOURCE[0]%/*}/common.sh"

case $VERDICT:$EXIT_CODE in
  passed:0 | failed:1 | cannot-judge:2) ;;
  *) VERDICT=cannot-judge EXIT_CODE=2 ;;
esac
output verdict "$VERDICT"
output exit-code "$EXIT_CODE"

case $VERDICT in
  failed) echo '::error title=aivss-lint::The gate failed. The report says why.' ;;
  cannot-judge) echo '::error title=aivss-lint::The threat models could not be checked. The log has the reason.' ;;
esac
exit "$EXIT_CODE"
