"""The manners of the command: its options, and how it tells what went wrong. The verbs are in `cli`."""

import contextlib
import functools
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec

import click

from crawler.errors import ConfigError, CrawlerError, FolderBusyError, FrontierError, StoreError
from crawler.running.terminal import clean

if TYPE_CHECKING:
    from crawler.config import Config

EXIT_CODES: tuple[tuple[type[CrawlerError], int], ...] = (  # the first row that fits
    (ConfigError, 2),
    (FolderBusyError, 3),
    (StoreError, 5),
    (FrontierError, 5),
    (CrawlerError, 1),
)
UNMET, INTERRUPTED = 4, 130

P = ParamSpec("P")


def told(verb: Callable[P, None]) -> Callable[P, None]:
    """Turns what went wrong into one line on stderr and an exit code (DESIGN 9)."""

    @functools.wraps(verb)
    def run_verb(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            verb(*args, **kwargs)
        except CrawlerError as error:
            _fail(error)
        except KeyboardInterrupt:  # before the crawl takes signals, and where there is none
            sys.exit(INTERRUPTED)
        except BaseExceptionGroup as group:
            if group.subgroup(KeyboardInterrupt) is not None:
                sys.exit(INTERRUPTED)
            ours, others = group.split(CrawlerError)
            if others is not None or ours is None:
                raise
            _fail(_first(ours))
        except BrokenPipeError:  # the reader of our stdout has gone: `crawler schema | head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)

    return run_verb


@contextlib.contextmanager
def skipping_a_busy_folder(options: dict[str, Any]) -> Iterator[None]:
    """Leaves the rest of a verb out where another run holds the folder, if `--if-running skip` says so."""
    try:
        yield
    except BaseExceptionGroup as group:
        ours, others = group.split(FolderBusyError)
        if options["if_running"] != "skip" or others is not None or ours is None:
            raise
        if not options["quiet"]:
            click.echo(f"crawler: skipped: {clean(str(_first(ours)))}", err=True)


def _first(group: BaseExceptionGroup[CrawlerError]) -> CrawlerError:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, CrawlerError)
    return error


def _fail(error: CrawlerError) -> NoReturn:
    click.echo(f"crawler: {clean(str(error))}", err=True)
    sys.exit(next(code for kind, code in EXIT_CODES if isinstance(error, kind)))


class Verbs(click.Group):
    """Tells what is wrong with a command in one line, as all else that is wrong."""

    def main(self, *args: Any, **kwargs: Any) -> NoReturn:
        try:
            sys.exit(super().main(*args, **{**kwargs, "standalone_mode": False}))
        except click.Abort:  # Ctrl-C at a prompt, or nobody there to answer it
            if sys.stdin.isatty():
                sys.exit(INTERRUPTED)
            click.echo("crawler: nobody is there to answer; say it with an option, see --help", err=True)
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
        except click.UsageError as error:
            verb = error.ctx.command_path if error.ctx is not None else "crawler"
            click.echo(f"crawler: {clean(error.format_message().rstrip('.'))}; see {verb} --help", err=True)
        sys.exit(2)


def read_by(parser: str) -> Callable[[click.Context, click.Parameter, Any], Any]:
    """A callback for options whose text a function of `config` reads; its name alone, so that help imports nothing."""

    def check(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
        from crawler import config

        for text in value if isinstance(value, tuple) else [value] if value is not None else []:
            try:
                getattr(config, parser)(text)
            except ValueError as error:
                raise click.BadParameter(f"{text!r}: {error}") from None
        return value

    return check


OUT = click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("data"),
    show_default=True,
    help="Output folder.",
)
CONTACT = click.option(
    "--contact", callback=read_by("contact_of"), help="Who site owners may write to: a mail address or a URL."
)
ALLOW_NETWORK = click.option(
    "--allow-network",
    multiple=True,
    metavar="CIDR",
    callback=read_by("network_of"),
    help="A private network that may be asked, such as 127.0.0.0/8.",
)
GAP = click.option(
    "--gap",
    metavar="SECONDS",
    callback=read_by("gap_of"),
    help="Least seconds between requests to a site; 0 for --allow-network only.",
)
QUIET = click.option("--quiet", is_flag=True, help="Print nothing but errors.")
PROGRESS = click.option(
    "--progress", type=click.Choice(["auto", "plain", "none"]), default="auto", help="plain: a line every 10 s."
)
LOG_FORMAT = click.option(
    "--log-format", type=click.Choice(["text", "json"]), default="text", help="Of the log on stderr."
)
CONFIG = click.option(
    "--config", type=click.Path(path_type=Path, dir_okay=False), help="Default: ./config.toml, if there."
)
JSON = click.option("--json", "as_json", is_flag=True, help="For programs.")


def settings_of(path: Path | None, options: dict[str, Any]) -> "Config":
    """The config file's settings, with what the command says on top."""
    from crawler.config import Config, overridden, read_config

    default = Path("config.toml")
    config = read_config(path or default) if path is not None or default.exists() else Config()
    return overridden(config, {key: value for key, value in options.items() if value not in (None, ())})


def pretty(value: object) -> str:
    """JSON for people and programs; control characters are escaped by the encoder."""
    import msgspec

    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
