#!/bin/sh
# Builds the Node package, around the engine of build/release, and runs everything that checks it:
# tests, types and style. Installs what is missing; quick when nothing changed. With --no-tests it
# stops after building.
set -eu
cd "$(dirname "$0")/.."
tools=$PWD/tools

# npm writes this file when it has installed what the lock file says.
folders="bindings/node tests/node"
[ "${KEVY_TEST_PACKAGES:-}" != no ] || folders=bindings/node
for folder in $folders; do
  installed=$folder/node_modules/.package-lock.json
  if [ ! -e "$installed" ] || [ "$folder/package-lock.json" -nt "$installed" ]; then
    echo "== installing what $folder needs"
    (cd "$folder" && npm ci --silent --no-audit --no-fund && touch node_modules/.package-lock.json)
  fi
done

prebuilt=$PWD/build/release
sh tools/library.sh
echo "== building the Node package"
(cd bindings/node && npm run --silent build -- -DKEVY_PREBUILT="$prebuilt" -DKEVY_PRECOMPILED=ON)

[ "${1:-}" != --no-tests ] || exit 0

cd tests/node
echo "== Node types and style"
npm run --silent types
npm run --silent lint
echo "== Node tests"
passed=$(sh "$tools/node_tests.sh" 355 300000)
echo "Node: $passed tests, types and style are fine"
