#!/bin/sh
# Builds the fuzz targets with clang's libFuzzer, ASan and UBSan, and runs each for some seconds from
# its committed corpus. Fails on the first crash, hang or leak, and names the input that caused it.
#
#   run.sh [SECONDS [TARGET...]]      30 seconds; all targets
#
# What a run discovers stays in the build directory. A crash becomes a regression test by moving its
# input to tests/fuzz/corpus/TARGET, which ctest replays.
set -eu
cd "$(dirname "$0")/../.."
seconds=${1:-30}
[ $# -eq 0 ] || shift
build=build/asan-ubsan
cmake --preset asan-ubsan >/dev/null
cmake --build "$build" --target $(ls tests/fuzz/*_fuzz.cpp | sed 's|.*/\(.*\)_fuzz.cpp|fuzz_\1|')
all=$(cd "$build/tests/fuzz" && ls fuzz_*[a-z] | sed -n 's/^fuzz_//p' | grep -v '^must_fail$')
[ "$(echo "$all" | wc -l)" -ge 5 ] || { echo "fewer fuzz targets than there should be"; exit 1; }

# run TARGET SECONDS: one target; what it finds goes to the build directory.
run() {
  found=$build/found/$1
  mkdir -p "$found"
  "$build/tests/fuzz/fuzz_$1" -max_total_time="$2" -timeout=10 -rss_limit_mb=2048 -max_len=2048 \
    -print_final_stats=1 -artifact_prefix="$build/found/$1-" \
    "$found" "tests/fuzz/corpus/$1" >"$build/found/$1.log" 2>&1
}

echo "== must_fail: the fuzzer finds what is there to be found"
if run must_fail 60; then
  echo "the fuzzer found nothing in a target that fails" >&2
  exit 1
fi
grep -q 'does not hold' "$build/found/must_fail.log"

for target in ${*:-$all}; do
  echo "== $target: $seconds s"
  if ! run "$target" "$seconds"; then
    tail -n 60 "$build/found/$target.log" >&2
    exit 1
  fi
  executed=$(sed -n 's/^stat::number_of_executed_units: *//p' "$build/found/$target.log")
  echo "   $executed inputs"
  [ "$executed" -ge 100 ] || { echo "hardly anything was run" >&2; exit 1; }
done
