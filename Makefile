# The two ways in: `make try` shows kevy at work, `make test` runs every test. Both install what is
# missing first and can be run again.
.PHONY: try test setup build python node bench
.NOTPARALLEL:

setup:
	@sh tools/setup.sh

build: setup
	@echo "== building"
	@cmake --preset release >/dev/null
	@cmake --build --preset release

python: setup
	@sh tools/python.sh --no-tests

node: setup
	@sh tools/node.sh --no-tests

# Without what only tests need.
try: export KEVY_TEST_PACKAGES = no
try: python node
	@python3 tools/try.py

test: build
	@python3 tools/test.py

bench: build python node
	@sh tools/setup.sh libabsl-dev
	@cmake --preset release -DKEVY_BENCH=ON >/dev/null
	@cmake --build --preset release
	@python3 bench/run.py
