"""clang-tidy over the C++ of the library, the server and the Node addon, by the rules of .clang-tidy.
Fails when it finds anything. Needs configured builds, for their compile commands: build/release, and
for the addon what tools/node.sh --no-tests leaves.

Precompiled headers are left out: a source that forgets an include does not compile here.

Most of clang-tidy's time goes into the headers of the standard library, so several sources from
different rooms are looked at as one. Where that does not compile (two of them may have a name of
their own in common), or finds anything, each of them is looked at alone, and only that counts.
"""

import argparse
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = "core", "capi/src", "server", "bindings/node/src"
ADDON = "bindings/node"
TOGETHER = 6  # sources
LEAST = 75  # sources that there are at least
# What is said of the file that includes the others, not of these.
OF_THE_GROUP = "-bugprone-suspicious-include"
OPTIONS = ["--quiet", "--extra-arg=-Wno-unknown-warning-option"]


def every_source() -> list:
    found = sorted(str(path.relative_to(ROOT)) for folder in FOLDERS
                   for path in (ROOT / folder).rglob("*.cpp"))
    if len(found) < LEAST:
        sys.exit("fewer sources than there should be")
    return found


def changed_sources() -> list:
    def listed(*command: str) -> list:
        return subprocess.run(["git", *command], cwd=ROOT, check=True, capture_output=True,
                              text=True).stdout.splitlines()
    names = (listed("diff", "--name-only", "--diff-filter=d", "HEAD")
             + listed("ls-files", "--others", "--exclude-standard"))
    return sorted(name for name in names
                  if name.endswith(".cpp") and name.startswith(tuple(f"{f}/" for f in FOLDERS)))


PRECOMPILED = re.compile(r" -Winvalid-pch -include \S+")


class Build:
    """The compile commands of one build."""

    def __init__(self, folder: Path, how: str):
        database = folder / "compile_commands.json"
        if not database.exists():
            sys.exit(f"configure first: {how}")
        self.commands = {entry["file"]: {**entry, "command": PRECOMPILED.sub("", entry["command"])}
                         for entry in json.loads(database.read_text())}

    def flags(self, source: str) -> str:
        """What makes its command another than that of the other sources of its target."""
        command = self.commands[str(ROOT / source)]["command"]
        return command.split(" -o ")[0]

    def database_of(self, scratch: str, source: str, file: Path) -> str:
        """A folder that has the command of `source` as that of `file`."""
        original = str(ROOT / source)
        entry = self.commands[original]
        (Path(scratch) / "compile_commands.json").write_text(json.dumps(
            [{**entry, "file": str(file), "command": entry["command"].replace(original, str(file))}]))
        return scratch

    def tidy(self, source: str) -> str:
        """What clang-tidy finds in one source, or nothing."""
        with tempfile.TemporaryDirectory() as scratch:
            return run_tidy(["-p", self.database_of(scratch, source, ROOT / source), source])

    def tidy_together(self, sources: list) -> str:
        if len(sources) == 1:
            return self.tidy(sources[0])
        with tempfile.TemporaryDirectory() as scratch:
            group = Path(scratch) / "group.cpp"
            group.write_text("".join(f'#include "{ROOT / source}"\n' for source in sources))
            found = run_tidy(["-p", self.database_of(scratch, sources[0], group), f"--config-file={ROOT / '.clang-tidy'}",
                              f"--checks={OF_THE_GROUP}", str(group)])
        return "".join(map(self.tidy, sources)) if found else ""

    def groups(self, sources: list) -> list:
        """Sources of one target, those of one room far from each other."""
        by_flags: dict = {}
        for source in sources:
            by_flags.setdefault(self.flags(source), []).append(source)
        found = []
        for alike in by_flags.values():
            count = -(-len(alike) // TOGETHER)
            found += [alike[first::count] for first in range(count)]
        return found


def run_tidy(arguments: list) -> str:
    """The findings stand on its standard output; the warnings that it left out on the other."""
    ran = subprocess.run(["clang-tidy", *OPTIONS, *arguments], cwd=ROOT, capture_output=True, text=True)
    return ran.stdout + ran.stderr if ran.returncode else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("files", nargs="*", metavar="FILE", help="these, not every source")
    parser.add_argument("--changed", action="store_true",
                        help="those that differ from the last commit")
    parser.add_argument("--build", default="build/release",
                        help="where the compile commands are (%(default)s)")
    given = parser.parse_args()
    sources = (changed_sources() if given.changed else
               [str(Path(f).resolve().relative_to(ROOT)) for f in given.files] or every_source())
    library = Build(ROOT / given.build, "cmake --preset release")
    addon = Build(ROOT / ADDON / "build", "tools/node.sh --no-tests")
    work = []
    for build, of_addon in (library, False), (addon, True):
        mine = [s for s in sources if s.startswith(f"{ADDON}/") == of_addon]
        work += [(build, group) for group in build.groups(mine)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        findings = "".join(pool.map(lambda job: job[0].tidy_together(job[1]), work))
    if findings:
        sys.exit(findings)
    print(f"{len(sources)} files are clean")


if __name__ == "__main__":
    main()
