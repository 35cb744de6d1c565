"""RQ's jobs, which its workers find by name."""

import os

from rq import get_current_job


def named(name):
    return f"done:{name}"


def failing(name):
    raise ValueError(f"wrong:{name}")


def process_id():
    return os.getpid()


def joined():
    """The results of the jobs that this one depends on."""
    return "+".join(sorted(job.return_value() for job in get_current_job().fetch_dependencies()))


def second_time(name):
    """Fails the first time."""
    job = get_current_job()
    if job.retries_left:
        raise ValueError(f"again:{name}")
    return f"{name}:{job.retries_left}"


def without_end(pipe):
    """Says that it runs, and then waits for what never comes."""
    with open(pipe, "w", encoding="ascii") as said:
        said.write("running")
    with open(pipe, encoding="ascii") as never:
        never.read()


def remember(job, connection, result, *_):
    connection.rpush("remembered", f"{job.id}={result}")
