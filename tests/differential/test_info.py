"""INFO: which fields there are, that monitoring finds those that it reads, and that each is what it says: it
moves when what it tells of does."""

import ctypes
import os
import re
import resource

import pytest
from differences import VALKEY
from doors import Kevy, parse

OWN = {"kevy_version", "shards", "redis_mode"}  # the last of Redis itself


def run(door, *words):
    return parse(door.run([str(word).encode() for word in words]))


def info(door, *sections):
    return dict(re.findall(r"(\w+):(.*)\r\n", run(door, "INFO", *sections).decode()))


def value(door, section, name):
    return float(info(door, section)[name])


def sections(door, *words):
    return re.findall(r"# (\w+)\r\n", run(door, "INFO", *words).decode())


def advance(door, seconds):
    assert door.library.kevy_clock_advance(door.instance, ctypes.c_int64(seconds * 1000)) == 0


def test_fields_have_the_names_of_the_references(reference, kevy):
    if reference.version != VALKEY:
        pytest.skip("has not all")
    theirs = info(reference, "everything")
    run(kevy, "SET", "a", "1")
    run(reference, "SET", "a", "1")
    ours = info(kevy, "everything")
    assert len(ours) >= 90
    assert not [name for name in ours if name not in theirs and name not in OWN
                and not name.startswith("aof_") and not re.fullmatch(r"db\d+", name)]


# What redis_exporter, Datadog's and Telegraf's checks, RedisInsight and redis-py's users read.
READ = """redis_version redis_mode os arch_bits multiplexing_api gcc_version process_id run_id uptime_in_seconds
    uptime_in_days server_time_usec executable connected_clients maxclients blocked_clients tracking_clients
    used_memory used_memory_human used_memory_rss used_memory_rss_human total_system_memory
    total_system_memory_human used_memory_lua used_memory_lua_human used_memory_scripts_human maxmemory
    maxmemory_human maxmemory_policy loading rdb_changes_since_last_save rdb_bgsave_in_progress
    rdb_last_save_time rdb_last_bgsave_status rdb_last_bgsave_time_sec aof_enabled aof_rewrite_in_progress
    aof_last_bgrewrite_status total_connections_received total_commands_processed rejected_connections
    expired_keys evicted_keys keyspace_hits keyspace_misses pubsub_channels pubsub_patterns
    pubsubshard_channels total_error_replies role connected_slaves used_cpu_sys used_cpu_user
    used_cpu_sys_children used_cpu_user_children cluster_enabled""".split()


def test_what_monitoring_reads_is_there_and_has_the_form_of_the_references(reference, kevy):
    theirs, ours = info(reference), info(kevy)
    assert not [name for name in READ if name not in ours]
    for name in READ:
        if name in theirs and name not in ("redis_version", "executable", "maxmemory_policy"):
            form = re.sub(r"\d+", "0", theirs[name])
            if re.fullmatch(r"[0.]+[BKMGT]?", form):
                assert re.fullmatch(r"[\d.]+[BKMGT]?", ours[name]), name
    assert (ours["os"], ours["arch_bits"], ours["multiplexing_api"]) == (
        theirs["os"], theirs["arch_bits"], theirs["multiplexing_api"])
    assert re.fullmatch(r"\d+\.\d+\.\d+", ours["gcc_version"])
    assert ours["total_system_memory"] == theirs["total_system_memory"]
    assert ours["total_system_memory_human"] == theirs["total_system_memory_human"]


def test_sections_are_told_apart(reference, kevy):
    for words in (["cpu"], ["CPU", "server"], ["nosuch"]):
        assert sections(kevy, *words) == sections(reference, *words), words
    assert "CPU" in sections(kevy) and "CPU" in sections(kevy, "all")
    assert list(info(kevy, "cpu")) == [name for name in info(reference, "cpu") if "thread" not in name]


def test_the_process_is_this_one(kevy):
    told = info(kevy, "server")
    assert told["process_id"] == str(os.getpid())
    assert told["executable"] == os.readlink("/proc/self/exe")
    system = os.uname()
    assert told["os"] == f"{system.sysname} {system.release} {system.machine}"
    assert int(info(kevy, "memory")["total_system_memory"]) == (
        os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))


def test_a_run_has_an_id_of_its_own(kevy):
    told = info(kevy, "server")["run_id"]
    assert re.fullmatch(r"[0-9a-f]{40}", told)
    advance(kevy, 5)
    assert info(kevy, "server")["run_id"] == told
    others = [Kevy(1) for _ in range(3)]
    ids = {info(other, "server")["run_id"] for other in others}
    for other in others:
        other.close()
    assert len(ids | {told}) == 4


def test_time_goes_on(kevy):
    before = info(kevy, "server")
    assert before["uptime_in_days"] == "0" and int(before["uptime_in_seconds"]) < 60
    advance(kevy, 2 * 86400 + 100)
    after = info(kevy, "server")
    assert 172_900 <= int(after["uptime_in_seconds"]) - int(before["uptime_in_seconds"]) < 172_960
    assert after["uptime_in_days"] == "2"
    passed_us = int(after["server_time_usec"]) - int(before["server_time_usec"])
    assert 172_900_000_000 <= passed_us < 172_960_000_000
    seconds, _ = run(kevy, "TIME")
    assert int(seconds) - int(after["server_time_usec"]) // 1_000_000 in range(60)


def test_work_takes_time_of_the_processor(kevy):
    before = value(kevy, "cpu", "used_cpu_user")
    used = resource.getrusage(resource.RUSAGE_SELF)
    for _ in range(1000):
        run(kevy, "EVAL", "for i = 1, 1000000 do end", "0")
        if value(kevy, "cpu", "used_cpu_user") > before:
            break
    told = info(kevy, "cpu")
    assert float(told["used_cpu_user"]) > before >= 0
    now = resource.getrusage(resource.RUSAGE_SELF)
    close = 1e-5  # for what the digits leave out
    assert used.ru_utime - close < float(told["used_cpu_user"]) < now.ru_utime + close
    assert used.ru_stime - close < float(told["used_cpu_sys"]) < now.ru_stime + close
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert abs(float(told["used_cpu_user_children"]) - children.ru_utime) < close
    assert abs(float(told["used_cpu_sys_children"]) - children.ru_stime) < close


def test_what_is_kept_is_in_memory(kevy):
    before = value(kevy, "memory", "used_memory_rss")
    for i in range(100):
        run(kevy, "SET", f"key:{i}", "v" * 1_000_000)
    after = info(kevy, "memory")
    assert float(after["used_memory_rss"]) - before > 50_000_000
    assert after["used_memory_rss_human"].endswith(("M", "G"))


def test_scripts_take_memory(kevy):
    before = info(kevy, "memory")
    assert before["used_memory_scripts_human"] == "0B"
    run(kevy, "EVAL", "return {" + "1," * 4000 + "}", "0")
    after = info(kevy, "memory")
    assert after["used_memory_scripts_human"].endswith("K")
    assert int(after["used_memory_lua"]) > int(before["used_memory_lua"])
    assert after["used_memory_lua_human"] != before["used_memory_lua_human"]


def test_channels_of_shards_are_counted(kevy):
    assert info(kevy, "stats")["pubsubshard_channels"] == "0"
    one = kevy.another()
    run(one, "SSUBSCRIBE", "c")
    assert info(kevy, "stats")["pubsubshard_channels"] == "1"
    one.close()
    assert info(kevy, "stats")["pubsubshard_channels"] == "0"


def test_maxmemory_is_no_limit(reference, kevy):
    assert run(kevy, "CONFIG", "GET", "maxmemory") == run(reference, "CONFIG", "GET", "maxmemory")
    for zero in ("0", "0mb"):
        assert run(kevy, "CONFIG", "SET", "maxmemory", zero) == run(
            reference, "CONFIG", "SET", "maxmemory", zero) == b"OK"
    for wrong in ("x", "-1"):
        assert run(kevy, "CONFIG", "SET", "maxmemory", wrong) == run(
            reference, "CONFIG", "SET", "maxmemory", wrong), wrong
    assert run(kevy, "CONFIG", "SET", "maxmemory", "100mb") == (
        b"ERR CONFIG SET failed (possibly related to argument 'maxmemory') - no key is evicted here: 0, which "
        b"is no limit")
    assert info(kevy, "memory")["maxmemory"] == "0"
