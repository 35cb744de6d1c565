#!/bin/sh
# Writes the ABI's description anew from a build, for a change of the ABI that is meant. A function
# that was in a release stays in kevy.map where it is; a new one goes into a new node.
# update.sh BUILD_DIR
set -eu
here=$(cd "$(dirname "$0")" && pwd)
header=$(realpath "$here/../../capi/include/kevy.h")
. "$here/describe.sh"
build=${1:?"usage: update.sh BUILD_DIR"}
cmake --build "$build" --target kevy_shared kevy_abi
exported_symbols "$build/capi/libkevy.so" >"$here/symbols.txt"
describe_types "$build/tests/abi/libkevy.so" "$header" "$here/types.xml"
git -C "$here" --no-pager diff --stat -- "$here" || true
