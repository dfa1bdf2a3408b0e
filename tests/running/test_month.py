"""A few days of what `tests/bench/month.py` simulates for a month."""

from pathlib import Path

from world.month import Month


def test_runs_every_six_hours_find_every_article_and_write_each_version_once_though_they_are_killed(
    tmp_path: Path,
) -> None:
    month = Month(1, tmp_path, papers=3, days=4, kill_share=0.6)
    month.go()

    cost = month.check()

    assert (month.kills >= 5, month.gaps >= 1) == (True, True)
    assert cost.not_modified > cost.requests["feed"] / 2
