#!/usr/bin/env bash
# One issue tells that the night went wrong: opened by the first, added to by the next, closed by the first good night.
# nightly_issue.sh failed|passed RUN_ADDRESS; gh finds repository and token in the environment.
set -euo pipefail

outcome=${1:?"expected failed or passed"}
run=${2:?"expected the address of the run"}
label=nightly

open=$(gh issue list --label "$label" --state open --limit 1 --json number --jq '.[0].number // empty')
case $outcome in
  failed)
    if [ -n "$open" ]; then
      gh issue comment "$open" --body "It failed again: $run"
    else
      gh label create "$label" --description "The night's proofs fail" --color B60205 --force
      gh issue create --label "$label" --title "The night's proofs fail" --body "See what failed: $run"
    fi
    ;;
  passed)
    if [ -n "$open" ]; then gh issue close "$open" --comment "All passed: $run"; fi
    ;;
  *)
    echo "expected failed or passed, found $outcome" >&2
    exit 2
    ;;
esac
