"""Stands in for extraction in a worker: reads that a page could bring about if a parser had a defect."""

import os
import signal
from datetime import datetime

from crawler.extraction.page import Page
from crawler.model.records import Article


def read_as(body: bytes, url: str, content_type: str | None = None, *, fetched_at: datetime | None = None) -> Page:
    """Do what the body says; the "title" is the number of the process."""
    match body:
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
