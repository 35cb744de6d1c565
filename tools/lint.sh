#!/bin/sh
# clang-tidy over the C++ of the library and the server, by the rules of .clang-tidy. Fails when it
# finds anything. Needs a configured build, for its compile commands.
#
#   lint.sh                  every source file
#   lint.sh --changed        those that differ from the last commit
#   lint.sh FILE...          these
#   KEVY_BUILD=DIR lint.sh   with the compile commands of another build than build/release
set -eu
cd "$(dirname "$0")/.."
build=${KEVY_BUILD:-build/release}
[ -f "$build/compile_commands.json" ] || { echo "configure first: cmake --preset release" >&2; exit 1; }

case ${1:-} in
  "") files=$(find core capi/src server -name '*.cpp' 2>/dev/null | sort) ;;
  --changed)
    files=$({ git diff --name-only --diff-filter=d HEAD; git ls-files --others --exclude-standard; } |
      grep -E '^(core|capi/src|server)/.*\.cpp$' || true) ;;
  *) files=$(printf "%s\n" "$@") ;;
esac
if [ -z "${1:-}" ] && [ "$(echo "$files" | wc -l)" -lt 60 ]; then
  echo "fewer sources than there should be" >&2
  exit 1
fi
[ -n "$files" ] || { echo "no changed sources"; exit 0; }

# clang-tidy reports the warnings it left out on its standard error; the findings go to the other.
echo "$files" | xargs -P "$(nproc)" -n 2 clang-tidy -p "$build" --quiet \
  --extra-arg=-Wno-unknown-warning-option 2>/dev/null
echo "$(echo "$files" | wc -l) files are clean"
