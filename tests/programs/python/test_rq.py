"""RQ: a worker that forks for each job, with the scheduler beside it; and the worker that does not
fork, with a client of an instance in this process."""

import os
from datetime import timedelta

import pytest
import rq_jobs
from conftest import eventually, worker
from rq import Callback, Queue, Repeat, Retry, SimpleWorker
from rq.command import send_stop_job_command
from rq.exceptions import DuplicateJobError
from rq.group import Group
from rq.job import JobStatus
from rq.rate_limit import RateLimit
from rq.registry import FailedJobRegistry, FinishedJobRegistry, ScheduledJobRegistry


def result(job):
    """What the job gave, once it has ended."""
    eventually(lambda: job.get_status(refresh=True) in (JobStatus.FINISHED, JobStatus.FAILED))
    assert job.is_finished, job.latest_result().exc_string
    return job.return_value(refresh=True)


def test_a_worker_that_forks(server, over, tmp_path):
    """One worker does all of it, since starting one takes longer than the work."""
    client = server.client(over)
    queue = Queue("work", connection=client)
    with worker(tmp_path / "worker", "-m", "rq.cli", "worker", "--with-scheduler", "--url",
                server.url(over), "work") as process:
        jobs = [queue.enqueue(rq_jobs.named, str(i)) for i in range(10)]
        assert [result(job) for job in jobs] == [f"done:{i}" for i in range(10)]
        assert result(queue.enqueue(rq_jobs.process_id)) not in (process.pid, os.getpid())

        failed = queue.enqueue(rq_jobs.failing, "f")
        eventually(lambda: failed.get_status(refresh=True) == JobStatus.FAILED)
        assert "ValueError: wrong:f" in failed.latest_result().exc_string
        assert FailedJobRegistry(queue=queue).get_job_ids() == [failed.id]

        # Those that depend on others come after them, and see what those gave.
        parents = [queue.enqueue(rq_jobs.named, name) for name in ("a", "b")]
        assert result(queue.enqueue(rq_jobs.joined, depends_on=parents)) == "done:a+done:b"

        # At once, and after a time.
        assert result(queue.enqueue(rq_jobs.second_time, "r", retry=Retry(1))) == "r:0"
        late = queue.enqueue(rq_jobs.second_time, "late", retry=Retry(1, interval=1))
        scheduled = queue.enqueue_in(timedelta(seconds=1), rq_jobs.named, "later")
        assert scheduled.id in ScheduledJobRegistry(queue=queue).get_job_ids()
        assert result(late) == "late:0"
        assert result(scheduled) == "done:later"

        queue.enqueue(rq_jobs.named, "again", job_id="repeated", repeat=Repeat(1, interval=0),
                      on_success=Callback(rq_jobs.remember))
        eventually(lambda: client.llen("remembered") == 2)
        assert client.lrange("remembered", 0, -1) == [b"repeated=done:again"] * 2

        # A job that runs is stopped by a message to its worker.
        pipe = str(tmp_path / "pipe")
        os.mkfifo(pipe)
        stopped = queue.enqueue(rq_jobs.without_end, pipe)
        with open(pipe, encoding="ascii") as said:
            assert said.read() == "running"
        send_stop_job_command(client, stopped.id)
        eventually(lambda: stopped.get_status(refresh=True) == JobStatus.STOPPED)
    client.close()


def test_a_worker_that_does_not_fork(client):
    queue = Queue("work", connection=client)
    jobs = queue.enqueue_many([Queue.prepare_data(rq_jobs.named, (str(i),)) for i in range(20)])
    retried = queue.enqueue(rq_jobs.second_time, "r", retry=Retry(1))
    assert queue.count == 21

    once = {"job_id": "once", "unique": True}
    unique = queue.enqueue(rq_jobs.named, "once", **once)
    with pytest.raises(DuplicateJobError):
        queue.enqueue(rq_jobs.named, "twice", **once)

    group = Group.create(connection=client)
    grouped = group.enqueue_many(queue, [Queue.prepare_data(rq_jobs.named, (f"g{i}",))
                                         for i in range(3)])
    assert SimpleWorker([queue], connection=client).work(burst=True)

    assert [result(job) for job in jobs] == [f"done:{i}" for i in range(20)]
    assert (result(retried), result(unique)) == ("r:0", "done:once")
    assert [result(job) for job in grouped] == ["done:g0", "done:g1", "done:g2"]
    assert {job.id for job in group.get_jobs()} == {job.id for job in grouped}
    assert len(FinishedJobRegistry(queue=queue)) == 25
    assert queue.count == 0


def test_no_more_at_once_than_were_allowed(client):
    """What is over the limit waits, and comes in its order when another is done."""
    queue = Queue("work", connection=client)
    jobs = [queue.enqueue(rq_jobs.named, str(i), job_id=f"job-{i}", rate_limit=RateLimit("two", 2),
                          on_success=Callback(rq_jobs.remember)) for i in range(6)]
    assert queue.count == 2
    assert SimpleWorker([queue], connection=client).work(burst=True)
    assert [result(job) for job in jobs] == [f"done:{i}" for i in range(6)]
    assert client.lrange("remembered", 0, -1) == [
        f"job-{i}=done:{i}".encode() for i in range(6)]
