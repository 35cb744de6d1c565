#!/bin/sh
# Checks that kevy can do without the instructions of x86: builds the tests of what has a portable form
# (the users of base/processor.h and base/wide) with KEVY_PORTABLE and runs them, then looks whether
# those sources compile for arm64, where that compiler is installed (Debian's g++-aarch64-linux-gnu).
#
#   portable.sh          what lies below runtime
#   portable.sh --all    every source for arm64, also those that no such instruction can reach
set -eu
cd "$(dirname "$0")/.."
case ${1:-} in
  "") folders="core/base core/resp core/store" least=40 ;;
  --all) folders="core capi/src server" least=150 ;;
  *) sed -n '2,8s/^# \?//p' "$0" >&2; exit 2 ;;
esac
cmake --preset portable >/dev/null
cmake --build --preset portable
ctest --test-dir build/portable --output-on-failure --no-tests=error -j2 \
  -R '^unit/(base|resp|store):'

files=$(find $folders -name '*.cpp' | sort)
count=$(echo "$files" | wc -l)
[ "$count" -ge "$least" ] || { echo "fewer sources than there should be" >&2; exit 1; }
if command -v aarch64-linux-gnu-g++ >/dev/null; then
  echo "$files" | xargs -P "$(nproc)" -n 4 aarch64-linux-gnu-g++ -idirafter /usr/include \
    -idirafter /usr/include/lua5.1 -idirafter "/usr/include/$(cc -print-multiarch)" \
    -Wno-psabi -std=c++20 -fsyntax-only -Wall -Wextra -Werror \
    '-DKEVY_VERSION_TEXT="0"' -Icore -Icapi/include -Icapi/src
  echo "$count files compile for arm64"
else
  echo "no compiler for arm64: not checked"
fi
