"""Every page of an archive once, in its own order, without a frontier: `crawler replay` without seeds."""

from pathlib import Path

from crawler.fetch.replay import responses
from crawler.frontier.contract import key_of
from crawler.model.links import LinkKind
from crawler.model.work import Lease, Purpose, Target, Visit
from crawler.running.record import Recorder
from crawler.running.run import GROUP_VISITS, Commit, Ended, Stop
from crawler.running.visit import Visitor


async def read_archive(path: Path, visitor: Visitor, recorder: Recorder, commit: Commit, stop: Stop) -> Ended:
    """Read each HTML response of an archive, and record it as if it had just been fetched."""
    group: list[Visit] = []
    ended = Ended.DRAINED
    with stop.leasing:
        for answer in responses(path):
            target = Target(url=answer.url, kind=LinkKind.SEED, seed=str(path), purpose=Purpose.FILE)
            group.append(await visitor.read_answer(file_lease(target), answer))
            if len(group) >= GROUP_VISITS:
                await commit(recorder.commit, group)
                group = []
    if stop.leasing.cancelled_caught:
        ended = Ended.STOPPED if stop.signal is not None else Ended.DEADLINE
    if group:
        await commit(recorder.commit, group)
    return ended


def file_lease(target: Target) -> Lease:
    """The right to read what lies in a file: no site is asked, so none is held."""
    return Lease(target=target, key=key_of(target), site="")
