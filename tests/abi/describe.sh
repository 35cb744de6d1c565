# How the ABI is written down; shared by check.sh and update.sh.

# The symbols that a shared library exports with their versions, one a line, without the nodes of
# the version script themselves.
exported_symbols() {
  nm -D --defined-only "$1" | awk '$2 != "A" { sub("@@", "@", $3); print $3 }' | LC_ALL=C sort
}

needed_libraries() {
  readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'
}

# describe_types LIBRARY HEADER OUTPUT: the functions of LIBRARY that are exported and what of the
# types in HEADER they reach, as abidw's XML without anything that depends on the place of the build.
describe_types() {
  abidw --exported-interfaces-only --header-file "$2" --drop-private-types --type-id-style hash \
    --no-show-locs --no-comp-dir-path --short-locs --no-corpus-path --no-elf-needed \
    --out-file "$3" "$1"
}
