#!/bin/sh
# Checks that the sources compile where there are no instructions of x86: every one with KEVY_PORTABLE,
# and for arm64 where that compiler is installed (Debian's g++-aarch64-linux-gnu). Looks only; builds
# nothing. Needs a configured build for its libraries' places.
set -eu
cd "$(dirname "$0")/.."
files=$(find core capi/src server -name '*.cpp' | sort)
count=$(echo "$files" | wc -l)
[ "$count" -ge 60 ] || { echo "fewer sources than there should be" >&2; exit 1; }

check() {
  echo "$files" | xargs -P "$(nproc)" -n 4 "$@" -std=c++20 -fsyntax-only -Wall -Wextra -Werror \
    '-DKEVY_VERSION_TEXT="0"' -Icore -Icapi/include -Icapi/src
  echo "$count files compile with $*"
}

check "${CXX:-c++}" -DKEVY_PORTABLE
if command -v aarch64-linux-gnu-g++ >/dev/null; then
  check aarch64-linux-gnu-g++ -idirafter /usr/include -Wno-psabi
else
  echo "no compiler for arm64: not checked"
fi
