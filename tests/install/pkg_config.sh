#!/bin/sh
# Builds and runs the consumer by pkg-config, in the three ways that kevy.pc describes.
# pkg_config.sh COMPILER PKGCONFIG_DIR SOURCE WORK_DIR
set -eu
cc=$1 source=$3 work=$4
export PKG_CONFIG_PATH="$2"
mkdir -p "$work"

"$cc" -std=c11 "$source" $(pkg-config --cflags --libs kevy) -o "$work/shared"
LD_LIBRARY_PATH="$(pkg-config --variable=libdir kevy)" "$work/shared"
# The static ones must not find the shared library by luck: they run without its directory.
"$cc" -std=c11 "$source" $(pkg-config --cflags kevy) $(pkg-config --variable=static_libs kevy) \
  -o "$work/engine_inside"
"$work/engine_inside"
"$cc" -std=c11 -static "$source" $(pkg-config --static --cflags --libs kevy) -o "$work/all_static"
"$work/all_static"

# A shared library with the engine inside exports nothing of it, but weak parts of the C++ library.
"$cc" -std=c11 -shared -fPIC "$source" $(pkg-config --cflags kevy) \
  $(pkg-config --variable=static_libs kevy) -o "$work/engine_inside.so"
exported=$(nm -D --defined-only "$work/engine_inside.so" | grep -v ' [WuVw] ' | awk '{ print $3 }' |
  grep -vx main || true)
if [ -n "$exported" ]; then
  echo "exported by a library that links libkevy.a:" $exported >&2
  exit 1
fi
