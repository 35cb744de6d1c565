#!/bin/sh
# Installs the Debian packages and the Python packages that building and testing need, where they
# are missing. Further Debian packages may be named as arguments. With KEVY_TEST_PACKAGES=no it leaves the
# Python packages out, which are for tests.
set -eu
cd "$(dirname "$0")/.."
packages="ninja-build ccache pkg-config libxxhash-dev liblz4-dev liblua5.1-0-dev libcli11-dev libhiredis-dev catch2 abigail-tools
  redis-server redis-tools python3-venv python3-dev locales $*"
missing=""
for package in $packages; do
  dpkg -s "$package" >/dev/null 2>&1 || missing="$missing $package"
done
if [ -n "$missing" ]; then
  echo "== installing$missing"
  as_root=""
  [ "$(id -u)" = 0 ] || as_root=sudo
  $as_root apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq $missing >/dev/null
fi
[ "${KEVY_TEST_PACKAGES:-}" != no ] || exit 0
if ! cmp -s tests/requirements.txt .venv/requirements.txt; then
  echo "== installing Python's test packages"
  python3 -m venv .venv
  .venv/bin/pip install -q --disable-pip-version-check -r tests/requirements.txt
  cp tests/requirements.txt .venv/requirements.txt
fi
