#!/bin/sh
# Builds the Node package and runs everything that checks it: tests, types and style. Installs what
# is missing; quick when nothing changed. With --no-tests it stops after building.
set -eu
cd "$(dirname "$0")/.."

# npm writes this file when it has installed what the lock file says.
for folder in bindings/node tests/node; do
  installed=$folder/node_modules/.package-lock.json
  if [ ! -e "$installed" ] || [ "$folder/package-lock.json" -nt "$installed" ]; then
    echo "== installing what $folder needs"
    (cd "$folder" && npm ci --silent --no-audit --no-fund && touch node_modules/.package-lock.json)
  fi
done

echo "== building the Node package"
(cd bindings/node && npm run --silent build)

[ "${1:-}" != --no-tests ] || exit 0

cd tests/node
echo "== Node types and style"
npm run --silent types
npm run --silent lint
echo "== Node tests"
tests_min=355
report=$(mktemp)
trap 'rm -f "$report"' EXIT
node --test --test-timeout=300000 --test-reporter=spec --test-reporter-destination="$report" *.test.js || {
  cat "$report"
  exit 1
}
passed=$(sed -n 's/^. pass //p' "$report")
if [ "$passed" -lt "$tests_min" ]; then
  echo "only $passed Node tests ran: there must be $tests_min" >&2
  exit 1
fi
echo "Node: $passed tests, types and style are fine"
