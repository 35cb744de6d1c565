# The two ways in: `make try` shows kevy at work, `make test` runs every test. Both install what is
# missing first and can be run again.
.PHONY: try test setup build

setup:
	@sh tools/setup.sh

build: setup
	@echo "== building"
	@cmake --preset release >/dev/null
	@cmake --build --preset release

try: build
	@sh tools/try.sh

test: build
	@sh tools/test.sh
