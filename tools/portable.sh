#!/bin/sh
# Checks that kevy can do without the instructions of x86: builds the tests of what has a portable form
# (the users of base/processor.h) with KEVY_PORTABLE and runs them, then looks whether every source
# compiles for arm64, where that compiler is installed (Debian's g++-aarch64-linux-gnu).
set -eu
cd "$(dirname "$0")/.."
cmake --preset portable >/dev/null
cmake --build --preset portable
ctest --test-dir build/portable --output-on-failure --no-tests=error -j2 \
  -R '^unit/(base|resp|store):'

files=$(find core capi/src server -name '*.cpp' | sort)
count=$(echo "$files" | wc -l)
[ "$count" -ge 60 ] || { echo "fewer sources than there should be" >&2; exit 1; }
if command -v aarch64-linux-gnu-g++ >/dev/null; then
  echo "$files" | xargs -P "$(nproc)" -n 4 aarch64-linux-gnu-g++ -idirafter /usr/include -Wno-psabi \
    -std=c++20 -fsyntax-only -Wall -Wextra -Werror \
    '-DKEVY_VERSION_TEXT="0"' -Icore -Icapi/include -Icapi/src
  echo "$count files compile for arm64"
else
  echo "no compiler for arm64: not checked"
fi
