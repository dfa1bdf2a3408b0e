"""What must be known before a page is asked for: the robots.txt and the tdmrep.json of its origin."""

import logging

import msgspec

from crawler.model.urls import origin_of
from crawler.model.work import Answer, Failure, Lease, OriginFile, Outcome, Purpose, Target, Visit
from crawler.politeness.pacing import crawl_delay_note
from crawler.politeness.rights import MOST_RIGHTS_BYTES, find_reservation, rights_file
from crawler.politeness.robots import Rules, RulesCache, robots_copy
from crawler.running.redirect import next_hop

# What is read of a robots.txt: the first 500 KiB are parsed (RFC 9309, 2.5), and the piece that passes the cap is lost.
MAX_ROBOTS_BYTES = 640 * 1024
PENDING_S = 10.0  # until a robots.txt that was redirected to another site is asked for again
UNREACHABLE = "its robots.txt could not be had, which denies all for now (RFC 9309, 2.3.1.4)"
PENDING = "its robots.txt was redirected to another site, and has not come yet"
MAX_BYTES = {Purpose.ROBOTS: MAX_ROBOTS_BYTES, Purpose.RIGHTS: MOST_RIGHTS_BYTES}
PLACES = {Purpose.ROBOTS: "/robots.txt", Purpose.RIGHTS: "/.well-known/tdmrep.json"}
READ = {Purpose.ROBOTS: Outcome.ROBOTS_READ, Purpose.RIGHTS: Outcome.RIGHTS_READ}

log = logging.getLogger("crawler.gate")


class Gate:
    """Says which pages may be asked for. Holds no state but compiled robots rules."""

    def __init__(self) -> None:
        self._rules = RulesCache()

    def refusal(self, lease: Lease, at_unix_s: float) -> Visit | None:
        """The visit that ends before a request; None where the page may be asked for."""
        refused = Visit(lease=lease, outcome=Outcome.ROBOTS_DENIED, at_unix_s=at_unix_s)
        if not holds(lease.robots, at_unix_s):
            return _needing(refused, Purpose.ROBOTS)
        if lease.robots is None or lease.robots.text is None:
            return msgspec.structs.replace(
                refused,
                outcome=Outcome.ROBOTS_UNREACHABLE,
                why=UNREACHABLE if lease.robots is not None and lease.robots.failures else PENDING,
                retry_at_unix_s=None if lease.robots is None else lease.robots.expires_at_unix_s,
            )
        rule = self._rules.rules(lease.robots.text).refusing_rule(lease.target.url)
        if rule is not None:
            return msgspec.structs.replace(refused, rule=rule)
        return None if holds(lease.rights, at_unix_s) else _needing(refused, Purpose.RIGHTS)

    def reservation(self, lease: Lease) -> str | None:
        """What the files of its origin reserve of a page; None where they reserve nothing."""
        rules = self.rules(lease.robots)
        reserved = None if rules is None else rules.reserving_rule(lease.target.url)
        if reserved is None and lease.rights is not None and lease.rights.text:
            reserved = find_reservation(lease.rights.text, lease.target.url)
        return reserved

    def rules(self, robots: OriginFile | None) -> Rules | None:
        return None if robots is None or not robots.text else self._rules.rules(robots.text)

    def with_file(self, visit: Visit, answer: Answer | Failure, now_unix_s: float) -> Visit:
        """What a visit to a file of an origin brought; a redirect may lead to another site (RFC 9309, 2.3.1.2)."""
        target = visit.lease.target
        previous = visit.lease.robots if target.purpose is Purpose.ROBOTS else visit.lease.rights
        if isinstance(answer, Answer) and 300 <= answer.status < 400 and answer.header("location") is not None:
            hop, why = next_hop(answer, target)
            if hop is not None:
                pending = OriginFile(
                    text=None if previous is None else previous.text,
                    fetched_at_unix_s=now_unix_s if previous is None else previous.fetched_at_unix_s,
                    expires_at_unix_s=now_unix_s + PENDING_S,
                    failures=0 if previous is None else previous.failures,
                )
                return msgspec.structs.replace(
                    visit, outcome=Outcome.REDIRECTED, why=f"to {hop.url}", targets=(hop,), origin_file=pending
                )
            visit = msgspec.structs.replace(visit, why=why)
        if target.purpose is Purpose.RIGHTS:
            file = rights_file(answer, previous=previous, now_unix_s=now_unix_s)
        else:
            file = robots_copy(answer, previous=previous, now_unix_s=now_unix_s)
            rules = self.rules(file)
            if rules is not None and (note := crawl_delay_note(rules.crawl_delay_s)) is not None:
                log.warning("%s: %s", target.url, note)
        outcome = READ[target.purpose] if not file.failures else visit.outcome
        return msgspec.structs.replace(visit, outcome=outcome, origin_file=file)


def holds(file: OriginFile | None, at_unix_s: float) -> bool:
    """Whether a file need not be asked for; one of the future is of a clock that was set back since."""
    return file is not None and file.fetched_at_unix_s <= at_unix_s < file.expires_at_unix_s


def _needing(visit: Visit, purpose: Purpose) -> Visit:
    """The visit that asks for nothing but that a file goes first."""
    file = file_target(visit.lease.target, purpose)
    return msgspec.structs.replace(visit, outcome=Outcome.NEEDS_FILE, targets=(file,))


def file_target(target: Target, purpose: Purpose) -> Target:
    """The file that speaks for a page's origin, to be asked for before the page."""
    origin = origin_of(target.url)
    return Target(
        url=f"{origin}{PLACES[purpose]}",
        kind=target.kind,
        seed=target.seed,
        found_via=target.url,
        purpose=purpose,
        origin=origin,
        front=True,
    )
