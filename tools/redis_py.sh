#!/bin/sh
# Runs the tests of clients in process with each version of redis-py that is supported, installed
# into a folder of its own. Needs the Python package in .venv (make python).
set -eu
cd "$(dirname "$0")/.."
python="${KEVY_VENV:-.venv}/bin/python"
for version in 5.0.8 5.2.1 6.4.0 7.4.0 8.1.0; do
  folder="build/redis-py/$version"
  [ -d "$folder" ] ||
    "$python" -m pip install -q --disable-pip-version-check --target "$folder" "redis==$version"
  echo "== redis-py $version"
  PYTHONPATH="$folder${PYTHONPATH:+:$PYTHONPATH}" \
    "$python" -m pytest -q --timeout 120 \
    tests/python/test_direct_clients.py tests/python/test_polled_clients.py \
    tests/python/test_direct_waiting.py "$@"
done
