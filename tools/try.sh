#!/bin/sh
# Counts the words of the licence texts that every Debian has, in a kevy instance inside a C
# program.
set -eu
cd "$(dirname "$0")/.."
cc -O2 -std=c11 -Icapi/include examples/c/word_count.c -o build/release/word_count \
  -Lbuild/release/capi -lkevy "-Wl,-rpath,$PWD/build/release/capi"
build/release/word_count /usr/share/common-licenses/*
