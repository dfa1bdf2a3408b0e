"""Every page of an archive once, in its own order, without a frontier: `crawler replay` without seeds."""

from pathlib import Path

import msgspec

from crawler.fetch.replay import ArchivedPage, responses
from crawler.frontier.contract import key_of
from crawler.model.links import LinkKind
from crawler.model.work import POLICY, Answer, Lease, Purpose, Target, Visit
from crawler.running.record import Recorder
from crawler.running.run import GROUP_VISITS, Budget, Commit, Ended, Stop
from crawler.running.visit import Visitor


async def read_archive(
    path: Path, visitor: Visitor, recorder: Recorder, commit: Commit, stop: Stop, budget: Budget
) -> Ended:
    """Read each HTML response of an archive, and record it as if it had just been fetched; failures are outcomes."""
    group: list[Visit] = []
    ended = Ended.DRAINED
    with stop.leasing:
        for page in responses(path):
            if not budget.room_for(1):
                ended = Ended.MAX_ARTICLES
                break
            if not recorder.has_room:
                ended = Ended.NO_SPACE
                break
            target = Target(url=page.url, kind=LinkKind.SEED, seed=str(path), purpose=Purpose.FILE)
            group.append(await _read_page(page, file_lease(target), visitor))
            if len(group) >= budget.room_for(GROUP_VISITS):
                await commit(recorder.commit, group)
                group = []
    if stop.leasing.cancelled_caught:
        ended = Ended.STOPPED if stop.signal is not None else Ended.DEADLINE
    if group:
        await commit(recorder.commit, group)
    return ended


async def _read_page(page: ArchivedPage, lease: Lease, visitor: Visitor) -> Visit:
    if isinstance(page.result, Answer):
        visit = await visitor.read_answer(lease, page.result, page.at_unix_s)
        return msgspec.structs.replace(visit, targets=())  # what the archive holds of them is read anyway
    failure = page.result
    last_attempt = POLICY[failure.outcome].max_attempts or 1  # a file says the same however often it is read
    return Visit(
        lease=msgspec.structs.replace(lease, attempt=last_attempt),
        outcome=failure.outcome,
        at_unix_s=page.at_unix_s,
        why=failure.why,
        fetched_url=page.url,
    )


def file_lease(target: Target) -> Lease:
    """The right to read what lies in a file: no site is asked, so none is held."""
    return Lease(target=target, key=key_of(target), site="")
