#!/bin/sh
# clang-tidy over the C++ of the library, the server and the Node addon, by the rules of .clang-tidy.
# Fails when it finds anything. Needs configured builds, for their compile commands: build/release, and
# for the addon what tools/node.sh --no-tests leaves.
#
#   lint.sh                  every source file
#   lint.sh --changed        those that differ from the last commit
#   lint.sh FILE...          these
#   KEVY_BUILD=DIR lint.sh   with the compile commands of another build than build/release
set -eu
cd "$(dirname "$0")/.."
build=${KEVY_BUILD:-build/release}
[ -f "$build/compile_commands.json" ] || { echo "configure first: cmake --preset release" >&2; exit 1; }

node_build=bindings/node/build
[ -f "$node_build/compile_commands.json" ] || { echo "configure first: tools/node.sh --no-tests" >&2; exit 1; }

case ${1:-} in
  "") files=$(find core capi/src server bindings/node/src -name '*.cpp' | sort) ;;
  --changed)
    files=$({ git diff --name-only --diff-filter=d HEAD; git ls-files --others --exclude-standard; } |
      grep -E '^(core|capi/src|server|bindings/node/src)/.*\.cpp$' || true) ;;
  *) files=$(printf "%s\n" "$@") ;;
esac
if [ -z "${1:-}" ] && [ "$(echo "$files" | wc -l)" -lt 75 ]; then
  echo "fewer sources than there should be" >&2
  exit 1
fi
[ -n "$files" ] || { echo "no changed sources"; exit 0; }

# tidy BUILD PATTERN GREP_OPTION: checks the files whose path matches, or does not. clang-tidy reports the
# warnings it left out on its standard error; the findings go to the other.
tidy() {
  echo "$files" | grep $3 -e "$2" | xargs -r -P "$(nproc)" -n 2 clang-tidy -p "$1" --quiet \
    --extra-arg=-Wno-unknown-warning-option 2>/dev/null
}
tidy "$build" '^bindings/node/' -v
tidy "$node_build" '^bindings/node/' -h
echo "$(echo "$files" | wc -l) files are clean"
