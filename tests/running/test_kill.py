"""A run that is killed loses nothing and writes nothing twice: a real process, a real SIGKILL."""

import signal
import subprocess
import sys
from pathlib import Path

import msgspec

DEMO = """
import functools, pathlib, sys, trio
from crawler.running.demo import crawl_demo
trio.run(functools.partial(crawl_demo, pathlib.Path(sys.argv[1]), gap_s=0.002))
"""
CRAWLER = (sys.executable, "-c", DEMO)


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True) if path.exists() else []


def test_a_killed_run_is_completed_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run = subprocess.Popen([*CRAWLER, str(out)], stdout=subprocess.DEVNULL)
    while run.poll() is None and len(lines(out / "articles.jsonl")) < 40:
        pass
    run.send_signal(signal.SIGKILL)
    assert run.wait() == -signal.SIGKILL
    killed_after = len(lines(out / "articles.jsonl"))
    (out / "links.jsonl").write_bytes((out / "links.jsonl").read_bytes()[:-7])  # as if the power had failed

    subprocess.run([*CRAWLER, str(out)], check=True, stdout=subprocess.DEVNULL)

    whole = tmp_path / "whole"
    subprocess.run([*CRAWLER, str(whole)], check=True, stdout=subprocess.DEVNULL)
    assert killed_after < len(lines(whole / "articles.jsonl"))
    for file, key in (("articles.jsonl", ("id", "version")), ("links.jsonl", ("source_id", "target_id", "kind"))):
        resumed, expected = (
            [tuple(row[name] for name in key) for row in map(msgspec.json.decode, lines(folder / file))]
            for folder in (out, whole)
        )
        assert len(resumed) == len(set(resumed))
        assert set(resumed) == set(expected)
    runs = [msgspec.json.decode(line) for line in lines(out / "runs.jsonl")]
    assert [run["previous"] for run in runs] == ["killed"]
