#!/bin/sh
# Runs programs of PyPI's and npm's that keep their state in Redis on kevy: tests/programs. Installs
# the programs into a venv of their own under build/ and into tests/programs/node.
# KEVY_PROGRAMS_SERVER names another server than kevy-server, to see what that one makes of a test.
set -eu
cd "$(dirname "$0")/.."
tools=$PWD/tools
venv="${KEVY_PROGRAMS_VENV:-build/programs/venv}"
python="$venv/bin/python"
requirements=tests/programs/python/requirements.txt

sh tools/python.sh --no-tests
wheel=$(ls -t "${KEVY_WHEELS:-build/python/wheels}"/libkevy-*.whl | head -n 1)
[ -x "$python" ] || python3 -m venv "$venv"
if ! cmp -s "$requirements" "$venv/requirements.txt"; then
  echo "== installing Python's programs"
  "$python" -m pip install -q --disable-pip-version-check -r "$requirements"
  cp "$requirements" "$venv/requirements.txt"
fi
if [ ! -e "$venv/kevy-installed" ] || [ "$wheel" -nt "$venv/kevy-installed" ]; then
  "$python" -m pip install -q --disable-pip-version-check --force-reinstall --no-deps "$wheel"
  touch "$venv/kevy-installed"
fi

sh tools/node.sh --no-tests
folder=tests/programs/node
if [ ! -e "$folder/node_modules/.package-lock.json" ] ||
  [ "$folder/package-lock.json" -nt "$folder/node_modules/.package-lock.json" ]; then
  echo "== installing Node's programs"
  (cd "$folder" && npm ci --silent --no-audit --no-fund && touch node_modules/.package-lock.json)
fi

echo "== Python's programs"
"$python" -m pytest -q --timeout 240 tests/programs/python

echo "== Node's programs"
cd "$folder"
passed=$(sh "$tools/node_tests.sh" 107 240000)
echo "Node's programs: $passed tests are fine"
