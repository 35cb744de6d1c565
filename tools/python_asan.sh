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

export PYTHONMALLOC=malloc PYTHONPATH="$package" KEVY_PYTHON_BACKEND=native
# What fork() leaves behind in a child, and what the interpreter never frees, are nobody's leaks.
export ASAN_OPTIONS="detect_leaks=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
export TSAN_OPTIONS="die_after_fork=0${TSAN_OPTIONS:+:$TSAN_OPTIONS}"

# A program that was built without them has the run-time libraries come first; ThreadSanitizer's has to be
# part of the program, so that is made: an interpreter that has the environment's packages.
if [ "$preset" = tsan ]; then
  flags=$("$python" -c 'import sysconfig
var = sysconfig.get_config_var
print("-I" + sysconfig.get_path("include"), "-L" + var("LIBDIR"), "-L" + var("LIBPL"),
      "-Wl,-rpath," + var("LIBDIR"), "-lpython" + var("LDVERSION"), var("LIBS"), var("LINKFORSHARED"))')
  export PYTHONPATH="$package:$("$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
  export PYTHONHOME="$("$python" -c 'import sys; print(sys.base_prefix)')"
  python="$PWD/$build/python"
  echo '#include <Python.h>
int main(int count, char** words) { return Py_BytesMain(count, words); }' |
    clang++ -fsanitize=thread -x c - -x none $flags -o "$python"
else
  libraries=$(clang++ -print-file-name="libclang_rt.asan-$(uname -m).so")
  export LD_PRELOAD="$libraries:$(clang++ -print-file-name=libstdc++.so)"
fi

# test_package.py is about the wheel. A greenlet copies pieces of the stack away and back, which the
# sanitizers take for errors.
exec "$python" -m pytest -q --timeout 600 tests/python --ignore tests/python/test_package.py \
  -k "not gevent and not greenlet" "$@"
