"""Celery's tasks, for its worker and for the test that calls them."""

import os

from celery import Celery


def make_app(url):
    app = Celery("celery_jobs", broker=url, backend=url, set_as_current=False)
    app.conf.update(
        broker_connection_retry_on_startup=True,
        result_extended=True,
        worker_prefetch_multiplier=1,
    )

    @app.task(shared=False, name="named")
    def named(name):
        return f"done:{name}"

    @app.task(shared=False, name="joined")
    def joined(parts, end):
        return "+".join([*parts, end])

    @app.task(shared=False, name="failing")
    def failing(name):
        raise ValueError(f"wrong:{name}")

    @app.task(shared=False, name="third_time", bind=True, max_retries=3)
    def third_time(self, name):
        """Fails twice; says how often it was tried."""
        if self.request.retries < 2:
            raise self.retry(countdown=0, exc=ValueError(f"again:{name}"))
        return f"{name}:{self.request.retries}"

    @app.task(shared=False, name="replaced", bind=True)
    def replaced(self, name):
        return self.replace(named.s(name))

    return app


if "CELERY_URL" in os.environ:
    app = make_app(os.environ["CELERY_URL"])
