"""Stands in for extraction in a worker: reads that a page could bring about if a parser had a defect."""

import os
import resource
import signal
from datetime import datetime
from math import ceil
from time import process_time

from crawler.extraction.page import Page
from crawler.model.records import Article

LIMITS = (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_CORE)


def read_as(body: bytes, url: str, content_type: str | None = None, *, fetched_at: datetime | None = None) -> Page:
    """Do what the body says; the "title" is the number of the process, or its limits."""
    match body:
        case b"limits" | b"\x1f\x8blimits":
            memory, cpu_s, core = (resource.getrlimit(limit)[0] for limit in LIMITS)
            return Page(article=Article(url=url, title=f"{memory} bytes, {cpu_s - ceil(process_time())} s, {core}"))
        case b"allocate":
            hoard = [b"x"]
            while True:
                hoard.append(hoard[-1] * 2)
        case b"spin":
            while True:
                pass
        case b"exit":
            os._exit(3)
        case b"crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        case b"compute too long":
            signal.raise_signal(signal.SIGXCPU)  # what the kernel sends then
    return Page(article=Article(url=url, title=str(os.getpid())))
