#!/bin/sh
# Brings libkevy of build/release up to date, shared and static: what the examples in C and the packages
# of Python and Node are built with.
set -eu
cd "$(dirname "$0")/.."
echo "== building the library"
cmake --preset release >/dev/null
cmake --build --preset release --target kevy_shared kevy_static
