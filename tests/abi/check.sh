#!/bin/sh
# One gate of the ABI check; fails with the difference.
# check.sh symbols|types|gates_can_fail SHARED_LIBRARY LIBRARY_WITH_DEBUG_INFORMATION WORK_DIR
set -eu
here=$(cd "$(dirname "$0")" && pwd)
header=$(realpath "$here/../../capi/include/kevy.h")
gate=$1 library=$2 described=$3 work=$4
. "$here/describe.sh"

fail() {
  echo "$1" >&2
  echo "If the change is meant: tests/abi/update.sh BUILD_DIR, and say so in CHANGELOG.md." >&2
  exit 1
}

# The exported symbols are those of `list`, and only `needs.txt` is needed at run time.
check_symbols() {
  list=$1
  exported_symbols "$library" >"$work/symbols.txt"
  diff -u "$list" "$work/symbols.txt" || fail "the exported symbols have changed"
  for needed in $(needed_libraries "$library"); do
    grep -qxF "$needed" "$here/needs.txt" || fail "libkevy now needs $needed"
  done
}

# The types of the exported functions are those of `dump`.
check_types() {
  dump=$1
  describe_types "$described" "$header" "$work/types.xml" || fail "abidw cannot read $described"
  functions=$(grep -c "<function-decl name='kevy_" "$work/types.xml")
  [ "$functions" -ge "$(wc -l <"$here/symbols.txt")" ] ||
    fail "abidw described $functions functions, fewer than there are symbols: is there debug information?"
  abidiff "$dump" "$work/types.xml" || fail "the types of the ABI have changed"
}

# Runs a check against expectations that are wrong; it has to fail, and to name what is wrong.
must_report() {
  wanted=$1
  shift
  if ("$@") >"$work/report" 2>&1; then
    echo "this passed, and must not: $*" >&2
    exit 1
  fi
  grep -q "$wanted" "$work/report" || { cat "$work/report" >&2; exit 1; }
}

# changed NAME SED_SCRIPT SOURCE: a copy of an expectation, which must differ from it.
changed() {
  sed "$2" "$3" >"$work/$1"
  ! cmp -s "$3" "$work/$1" || fail "nothing to change in $3 by $2"
}

check_gates_can_fail() {
  changed fewer.txt '/^kevy_get@/d' "$here/symbols.txt"
  must_report '^+kevy_get@' check_symbols "$work/fewer.txt"
  changed more.txt '1i kevy_gone@KEVY_1' "$here/symbols.txt"
  must_report '^-kevy_gone@' check_symbols "$work/more.txt"

  changed moved.xml 's/layout-offset-in-bits=.160./layout-offset-in-bits="128"/' \
    "$here/types.xml"
  must_report 'offset changed' check_types "$work/moved.xml"
  changed value.xml "s/name='KEVY_CLOSED' value='5'/name='KEVY_CLOSED' value='15'/" "$here/types.xml"
  must_report 'KEVY_CLOSED' check_types "$work/value.xml"
  changed parameter.xml "/name='kevy_strerror'/,/function-decl>/{/<parameter /d;}" \
    "$here/types.xml"
  must_report 'kevy_strerror' check_types "$work/parameter.xml"
}

mkdir -p "$work"
case $gate in
  symbols) check_symbols "$here/symbols.txt" ;;
  types) check_types "$here/types.xml" ;;
  gates_can_fail) check_gates_can_fail ;;
esac
