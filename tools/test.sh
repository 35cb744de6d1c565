#!/bin/sh
# Runs every test of every language on the release build; fails when one of them fails.
set -eu
cd "$(dirname "$0")/.."
echo "== C and C++"
ctest --test-dir build/release --output-on-failure --no-tests=error -j2
echo "== differential tests against redis-server, the network, and the rules of the house"
KEVY_LIBRARY=$PWD/build/release/capi/libkevy.so.1 \
KEVY_SERVER=$PWD/build/release/server/kevy-server \
  .venv/bin/pytest -q --timeout 300 tests/differential tests/network tests/tidy
