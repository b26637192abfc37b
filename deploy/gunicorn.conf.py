"""How the program is served, from its folder: `gunicorn clinic.wsgi --config deploy/gunicorn.conf.py`.

A restart takes up new code and settings; SIGHUP does not. With the socket of systemd (LISTEN_FDS goes before
`bind`) it drops no request: who asks while the new processes start waits, or gets what nginx has.
"""

import gc
import json
import logging
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger

bind = os.environ.get("BIND", "127.0.0.1:8000")
# Only these may say how a request has come to them.
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1,::1")
# But nobody that a part of the address is none (SCRIPT_NAME).
forwarder_headers = ""

# One request at a time in each process: one that hangs is killed with its process, and disturbs no other.
# Threads would share a heartbeat, and hang unseen. nginx has the slow clients, and most of the readers.
worker_class = "sync"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2 * (os.cpu_count() or 1) + 1)
# Loaded once, not by each process at the same time: a start takes as long as one of them, and they share it.
preload_app = True
# Seconds. Longer than the program takes for anything: a picture of 20 MB, or PubMed.
timeout = 30
graceful_timeout = 30
# Against leaks, and not in all processes at once.
max_requests = 5000
max_requests_jitter = 500

# No less than nginx lets through (large_client_header_buffers), which says what is too long in words of ours.
limit_request_line = 8190
limit_request_fields = 100
limit_request_field_size = 8190

# nginx keeps the access log, without addresses of readers. Errors go to stderr, and so to the journal.
accesslog = None
errorlog = "-"

# The processes' signs of life: not on a disk, which may be slow.
memory = Path("/dev/shm")  # noqa: S108 - gunicorn makes files without names in it
worker_tmp_dir = str(memory) if os.access(memory, os.W_OK) else None
control_socket_disable = True


class Lines(logging.Formatter):
    """As the program's own (clinic/logs.py), for what is written before that is loaded."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


class JsonLogger(Logger):
    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        format_with(self, Lines())


def format_with(log: Any, formatter: logging.Formatter) -> None:
    for handler in log.error_log.handlers:
        handler.setFormatter(formatter)


logger_class = JsonLogger


def post_worker_init(worker: Any) -> None:
    """What goes wrong with a request is told without what was asked for."""
    from clinic.logs import JsonLines  # noqa: PLC0415 - loaded by now

    format_with(worker.log, JsonLines())


def when_ready(server: Any) -> None:
    """What is loaded stays: no process has to look through it, neither at work nor when it ends."""
    gc.freeze()


def child_exit(server: Any, worker: Any) -> None:
    """What a process has counted for /metrics stays; what it was in the middle of does not."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        from prometheus_client import multiprocess  # noqa: PLC0415 - reads that variable as it is imported

        multiprocess.mark_process_dead(worker.pid)
