#!/bin/sh
# Runs the Python tests with the extension and the engine under AddressSanitizer and
# UndefinedBehaviorSanitizer, or under ThreadSanitizer. Needs .venv as tools/python.sh makes it.
#
#   python_asan.sh [asan-ubsan | tsan] [ARGUMENTS FOR PYTEST]
set -eu
cd "$(dirname "$0")/.."
case "${1:-}" in asan-ubsan | tsan) preset=$1 && shift ;; *) preset=asan-ubsan ;; esac
python="$(realpath -s "${KEVY_VENV:-.venv}")/bin/python"
build="build/$preset"
package="$PWD/$build/python_package"

cmake --preset "$preset" -DKEVY_PYTHON=ON -DPython_EXECUTABLE="$python" \
  -Dpybind11_DIR="$("$python" -m pybind11 --cmakedir)" >/dev/null
cmake --build --preset "$preset" --target kevy_python
cmake --install "$build" --component python --prefix "$package" >/dev/null
cp bindings/python/libkevy/*.py "$package/libkevy/"

# The run-time libraries come first in a process whose program was built without them. What fork()
# leaves behind in a child, and what the interpreter never frees, are nobody's leaks.
case $preset in
  tsan) preloaded=tsan ;;
  *) preloaded=asan ;;
esac
preloaded=$(clang++ -print-file-name="libclang_rt.$preloaded-$(uname -m).so")
export LD_PRELOAD="$preloaded:$(clang++ -print-file-name=libstdc++.so)" PYTHONMALLOC=malloc PYTHONPATH="$package"
export ASAN_OPTIONS="detect_leaks=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
export TSAN_OPTIONS="die_after_fork=0${TSAN_OPTIONS:+:$TSAN_OPTIONS}"
export KEVY_PYTHON_BACKEND=native

# test_package.py is about the wheel.
exec "$python" -m pytest -q --timeout 600 tests/python --ignore tests/python/test_package.py "$@"
