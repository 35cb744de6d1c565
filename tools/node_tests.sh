#!/bin/sh
# Runs the tests of node:test in the current folder and prints how many have passed. Shows their report
# when one fails, and fails when fewer ran than there must be.
#
#   node_tests.sh TESTS_MIN TIMEOUT_MS
set -eu
tests_min=$1
report=$(mktemp)
trap 'rm -f "$report"' EXIT
node --test --test-timeout="$2" --test-reporter=spec --test-reporter-destination="$report" *.test.js || {
  cat "$report" >&2
  exit 1
}
passed=$(sed -n 's/^. pass //p' "$report")
if [ "$passed" -lt "$tests_min" ]; then
  echo "only $passed tests ran: there must be $tests_min" >&2
  exit 1
fi
echo "$passed"
