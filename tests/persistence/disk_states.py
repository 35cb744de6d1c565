"""What a loss of power may leave of files, by the journal of recorded_disk.c.

What was synced is there. Of what was not, any part may be: of a file's bytes a beginning, or some sectors
and others not; of what was done to the names in directories what came before a moment, one for all or
one for each directory. So do file systems with a journal; none leaves out what came first in a directory
and has what came later."""

import os
import struct

HEADER = struct.Struct("=IIIIQqq")
SECTOR = 512


class Node:
    """A file or a directory: what was done to it and when, and what of that a sync has covered since when."""

    def __init__(self, is_directory):
        self.is_directory = is_directory
        self.changes = []  # (index, kind, ...)
        self.syncs = []    # (index of its end, index of its beginning)

    def before(self, index):
        """What was done by then, and how much of it is on the disk."""
        done = [change for change in self.changes if change[0] < index]
        synced = max((begin for end, begin in self.syncs if end < index), default=-1)
        return done, sum(1 for change in done if change[0] < synced)


class Journal:
    def __init__(self, path, image, numbers):
        """The image: what was there before, as a state is given; the numbers that the kernel had for it."""
        self.root = Node(True)
        self.notes = []  # (index, words)
        self.times = []  # of each record
        self.names = {"": self.root}
        self.numbers = {numbers[""]: self.root}  # nodes by the kernel's numbers
        self.begun = {}
        for name, content in sorted(image.items()):
            node = self.numbers[numbers[name]] = self.make(-1, name, content is None)
            if content:
                node.changes.append((-1, "w", 0, content))
        for node in self.names.values():
            node.syncs.append((-1, 0))
        data = path.read_bytes() if path.exists() else b""
        at = 0
        while at + HEADER.size <= len(data):
            kind, first, second, size, file, offset, ns = HEADER.unpack_from(data, at)
            at += HEADER.size
            if at + first + second + size > len(data):
                break  # the process was killed in the midst of a note
            names = data[at:at + first].decode(), data[at + first:at + first + second].decode()
            at += first + second
            self.take(len(self.times), chr(kind), file, offset, names, data[at:at + size])
            self.times.append(ns)
            at += size

    def make(self, index, name, is_directory):
        node = self.names[name] = Node(is_directory)
        above, own = os.path.split(name)
        self.names[above].changes.append((index, "set", own, node))
        return node

    def take(self, index, kind, file, offset, names, data):
        if kind == "n":
            what, writer, number = data.decode().split()
            self.notes.append((index, what, int(writer), int(number)))
        elif kind in "cd":
            self.numbers[file] = self.make(index, names[0], kind == "d")
        elif kind == "w":
            self.numbers[file].changes.append((index, "w", offset, data))
        elif kind == "t":
            self.numbers[file].changes.append((index, "t", offset))
        elif kind == "r":
            (above, old), (to, new) = map(os.path.split, names)
            assert above == to, "between directories is not what this knows of"
            node = self.names[names[1]] = self.names.pop(names[0])
            self.names[above].changes.append((index, "move", old, new, node))
        elif kind == "u":
            above, own = os.path.split(names[0])
            self.names[above].changes.append((index, "remove", own))
            del self.names[names[0]]
        elif kind == "S":
            self.begun[offset] = index
        elif kind == "s":
            self.numbers[file].syncs.append((index, self.begun.pop(offset)))

    def directories(self):
        nodes = [self.root]
        for node in nodes:
            nodes.extend(change[3] for change in node.changes
                         if change[1] == "set" and change[3].is_directory)
        return nodes

    def changes_of_names(self):
        """The records that tell of one."""
        return sorted({change[0] for node in self.directories() for change in node.changes
                       if change[0] >= 0})

    def state(self, index, chance):
        """{name: its bytes, or None for a directory} after a loss of power before the record."""
        how, moment = chance.choice(["journal", "directory"]), 0
        if how == "journal":  # what is on the disk of one directory has all that came before with it
            last = 0
            for node in self.directories():
                done, synced = node.before(index)
                last = max([last] + [change[0] + 1 for change in done[:synced]])
            moment = chance.choice([last] + [i + 1 for i in self.changes_of_names() if last <= i < index])
        state = {}
        self.put_directory(state, "", self.root, (index, how, moment), chance)
        return state

    def put_directory(self, state, path, node, crash, chance):
        index, how, moment = crash
        done, synced = node.before(index)
        for number, change in enumerate(done):  # a directory that was synced has its way there with it
            if change[1] == "set" and change[3].is_directory and any(end < index for end, _ in change[3].syncs):
                synced = max(synced, number + 1)
        kept, pending = done[:synced], done[synced:]
        if how == "journal":
            kept += [change for change in pending if change[0] < moment]
        else:
            kept += pending[:chance.randrange(len(pending) + 1)]
        there = {}
        for change in kept:
            if change[1] in ("remove", "move"):
                there.pop(change[2], None)
            if change[1] == "set":
                there[change[2]] = change[3]
            elif change[1] == "move":
                there[change[3]] = change[4]
        for name, child in there.items():
            name = f"{path}/{name}" if path else name
            if child.is_directory:
                state[name] = None
                self.put_directory(state, name, child, crash, chance)
            else:
                state[name] = file_state(*child.before(index), chance)


def apply(content, changes):
    for change in changes:
        if change[1] == "t":
            del content[change[2]:]
            content.extend(bytes(change[2] - len(content)))
            continue
        _, _, at, data = change
        content.extend(bytes(max(0, at + len(data) - len(content))))
        content[at:at + len(data)] = data
    return content


def file_state(done, synced, chance):
    old, pending = bytes(apply(bytearray(), done[:synced])), done[synced:]
    if not pending:
        return old
    how = chance.choice(["none", "all", "beginning", "beginning", "sectors", "sectors", "hole", "tail"])
    if how == "none":
        return old
    until = len(pending) if how == "all" else chance.randrange(1, len(pending) + 1)
    new = apply(bytearray(old), pending[:until])
    if how == "beginning":
        keep = chance.randrange(min(len(old), len(new)), len(new) + 1)
        return bytes(new[:keep]) if new[:len(old)] == old else bytes(new)
    if how == "all":
        return bytes(new)
    changed = [at for at in range(0, len(new), SECTOR)
               if new[at:at + SECTOR] != old[at:at + SECTOR].ljust(len(new[at:at + SECTOR]), b"\0")]
    if how == "sectors":
        share = chance.choice([0.1, 0.5, 0.9])
        lost = [at for at in changed if chance.random() < share]
    else:
        first = chance.randrange(len(changed) + 1)
        most = len(changed) if how == "tail" else min(len(changed), first + 1 + chance.randrange(4))
        lost = changed[first:most]
    for at in lost:
        size = len(new[at:at + SECTOR])
        new[at:at + SECTOR] = old[at:at + size].ljust(size, b"\0")
    return bytes(new)


def write_state(state, folder):
    folder.mkdir()
    for name in sorted(state):
        if state[name] is None:
            (folder / name).mkdir()
        else:
            (folder / name).write_bytes(state[name])


def numbers_in(folder):
    """The kernel's numbers of all that is there, and of the folder itself."""
    return {"": folder.stat().st_ino,
            **{str(path.relative_to(folder)): path.stat().st_ino for path in folder.rglob("*")}}


def state_of(folder):
    return {str(path.relative_to(folder)): None if path.is_dir() else path.read_bytes()
            for path in folder.rglob("*") if path.is_dir() or path.is_file()}
