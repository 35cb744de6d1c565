#!/bin/sh
# Runs every test of every language on the release build; fails when one of them fails.
set -eu
cd "$(dirname "$0")/.."
echo "== C and C++"
ctest --test-dir build/release --output-on-failure --no-tests=error -j2
echo "== differential tests against redis-server, and the rules of the house"
KEVY_LIBRARY=build/release/capi/libkevy.so.1 .venv/bin/pytest -q tests/differential tests/tidy
