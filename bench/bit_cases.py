"""More of what verb_costs.py times: bits, HyperLogLogs and positions, each beside its own goal."""

import random
from collections.abc import Iterator

from verb_cases import Case, commands, filled, resp

MEGABYTE = 1 << 20


def fill(n: int) -> Iterator[bytes]:
    chance = random.Random(1)
    for key in "bits", "bits2", "bits3":
        yield resp("SET", key, chance.randbytes(MEGABYTE))
    yield resp("SETRANGE", "zeros", MEGABYTE - 1, "\x01")
    for i in range(4):
        yield from filled("PFADD", f"hll:{i}", words=[f"{i}:{k}" for k in range(n)])
        yield resp("PFADD", f"hllsmall:{i}", *[f"{i}:{k}" for k in range(100)])
    yield from filled("GEOADD", "places", words=[
        word for i in range(n)
        for word in (f"{chance.uniform(-180, 180):.6f}", f"{chance.uniform(-85, 85):.6f}", f"place:{i}")])
    yield from filled("GEOADD", "town", words=[
        word for i in range(n)
        for word in (f"{chance.uniform(13, 14):.6f}", f"{chance.uniform(52, 53):.6f}", f"house:{i}")])


def cases(_n: int) -> Iterator[Case]:
    of_bits = [
        "BITCOUNT bits", "BITCOUNT bits 1 -2", "BITCOUNT bits 3 -5 BIT", "BITPOS zeros 1", "BITPOS bits 0 100",
        "BITOP AND scratch bits bits2", "BITOP OR scratch bits bits2 bits3", "BITOP XOR scratch bits bits2",
        "BITOP NOT scratch bits",
    ]
    for text in of_bits:
        yield Case(f"{text} of 1 MB", commands(text), goal=True, goal_ratio=0.5)
    for text in ("SETBIT bits 4000000 1", "GETBIT bits 4000000", "BITFIELD bits SET u16 #7 9 INCRBY i5 100 1",
                 "BITFIELD_RO bits GET u16 #7"):
        yield Case(text, commands(text))
    # After PFADD and PFMERGE an estimate is not known any more.
    yield Case("PFCOUNT of four", commands("PFCOUNT hll:0 hll:1 hll:2 hll:3"), goal=True, goal_ratio=0.5)
    yield Case("PFCOUNT of one that has changed", resp("SETRANGE", "hll:0", 15, b"\x80") + commands("PFCOUNT hll:0"),
               goal=True, goal_ratio=0.5)
    yield Case("PFMERGE of four", commands("PFMERGE scratchhll hll:0 hll:1 hll:2 hll:3"), goal=True,
               goal_ratio=0.5)
    yield Case("PFMERGE of four small ones",
               commands("DEL scratchhll;PFMERGE scratchhll hllsmall:0 hllsmall:1 hllsmall:2 hllsmall:3"),
               goal=True, goal_ratio=0.5)
    for text in ("PFADD hll:0 x", "PFADD hllsmall:0 x", "PFCOUNT hll:1"):
        yield Case(text, commands(text))
    for text in ("GEOSEARCH town FROMLONLAT 13.5 52.5 BYRADIUS 5 km",
                 "GEOSEARCH town FROMLONLAT 13.5 52.5 BYRADIUS 5 km ASC WITHDIST WITHCOORD",
                 "GEOSEARCH town FROMLONLAT 13.5 52.5 BYBOX 10 10 km ASC COUNT 10",
                 "GEOSEARCH town FROMMEMBER house:7 BYRADIUS 1 km ASC COUNT 10 WITHDIST",
                 "GEOSEARCH places FROMLONLAT 13.5 52.5 BYRADIUS 1000 km ASC COUNT 10",
                 "GEORADIUS town 13.5 52.5 5 km WITHDIST", "GEORADIUSBYMEMBER town house:7 3 km"):
        yield Case(text, commands(text), goal=True, goal_ratio=0.6)
    for text in ("GEOADD town 13.5 52.5 house:7", "GEOPOS town house:7", "GEODIST town house:7 house:8 km",
                 "GEOHASH town house:7", "GEORADIUS_RO town 13.5 52.5 5 km", "GEORADIUSBYMEMBER_RO town house:7 1 km",
                 "GEOSEARCHSTORE scratch town FROMLONLAT 13.5 52.5 BYRADIUS 5 km STOREDIST"):
        yield Case(text, commands(text))
