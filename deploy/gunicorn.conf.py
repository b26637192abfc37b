"""How the program is served, from its folder: `gunicorn clinic.wsgi --config deploy/gunicorn.conf.py`.

A restart takes up new code and settings; SIGHUP does not. With the socket of systemd (LISTEN_FDS goes before
`bind`) it drops no request: who asks while the new processes start waits, or gets what nginx has.
"""

import gc
import os
from pathlib import Path
from typing import Any

bind = os.environ.get("BIND", "127.0.0.1:8000")
# Only these may say how a request has come to them.
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1,::1")

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

limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190

# nginx keeps the access log, without addresses of readers. Errors go to stderr, and so to the journal.
accesslog = None
errorlog = "-"

# The processes' signs of life: not on a disk, which may be slow.
memory = Path("/dev/shm")  # noqa: S108 - gunicorn makes files without names in it
worker_tmp_dir = str(memory) if os.access(memory, os.W_OK) else None
control_socket_disable = True


def when_ready(server: Any) -> None:
    """What is loaded stays: no process has to look through it, neither at work nor when it ends."""
    gc.freeze()


def child_exit(server: Any, worker: Any) -> None:
    """What a process has counted for /metrics stays; what it was in the middle of does not."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        from prometheus_client import multiprocess  # noqa: PLC0415 - reads that variable as it is imported

        multiprocess.mark_process_dead(worker.pid)
