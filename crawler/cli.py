"""The command: its verbs, what they print, and their exit codes. What is heavy is imported inside a verb."""

from pathlib import Path
from typing import Any

import click

from crawler import __version__
from crawler.cli_crawling import end_with, named_seeds, read_seeding, revisits_of, run_crawl, shown_as
from crawler.cli_reading import READING
from crawler.command import (
    ALLOW_NETWORK,
    CONFIG,
    CONTACT,
    GAP,
    JSON,
    LOG_FORMAT,
    OUT,
    PROGRESS,
    QUIET,
    Verbs,
    pretty,
    read_by,
    settings_of,
    skipping_a_busy_folder,
    told,
)
from crawler.errors import ConfigError
from crawler.running.terminal import clean, start_log

COMMAND_DEPTH, COMMAND_ARTICLES = 2, 200  # one-off runs: the stories around an article, in some twenty minutes
STORY_DEPTH, STORY_ARTICLES = 3, 60  # a story as a reader takes it in, within ten minutes
CONFIG_DEPTH, CONFIG_ARTICLES = 3, 2000  # a night's run of cron: a site's daily allowance


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="crawler")
def main() -> None:
    """Follow the related stories that news pages declare; write a corpus and a graph of typed links.

    \b
    crawler demo                                   crawl a news site that comes with the program
    crawler story https://phys.org/news/... --contact you@example.org     one story, as a picture
    crawler init nightly                           a folder for cron to crawl from
    crawler crawl https://phys.org/news/... --contact you@example.org
    crawler extract page.html                      what one page says, as JSON
    crawler replay pages.warc.gz --out corpus      an archive instead of the web
    crawler status --out corpus                    what a folder holds
    crawler why https://phys.org/news/...          what became of an address
    crawler forget https://phys.org/news/...       erase a page, and never ask for it again
    crawler report --out corpus --open             the stories as a page
    crawler graph --out corpus --format gexf       the graph, for Gephi and others

    `crawler VERB --help` tells more of each.
    """


@main.command()
@click.argument("seeds", nargs=-1)
@OUT
@CONFIG
@click.option("--url", callback=read_by("address_of"), help="The address of a saved page that does not say its own.")
@click.option(
    "--site",
    metavar="SITE",
    callback=read_by("site_start_of"),
    help="Where the page of an article that is given as plain text is looked for: example.org, or an address of it.",
)
@click.option("--max-articles", type=click.IntRange(min=1), help="Articles to write at most; the rest stays queued.")
@click.option("--max-depth", type=click.IntRange(min=0), help="Hops from a seed.")
@click.option(
    "--deadline",
    metavar="DURATION",
    callback=read_by("duration_s"),
    help="Stop after that long: 5s, 20m, 1h30m; the rest stays queued.",
)
@GAP
@CONTACT
@ALLOW_NETWORK
@click.option(
    "--follow",
    multiple=True,
    type=click.Choice(["related", "recommended", "promoted", "inline"]),
    help="A kind of link to follow.  [default: related]",
)
@click.option(
    "--discover",
    multiple=True,
    type=click.Choice(["feeds", "sitemaps"]),
    help="Look for more on the seeds' sites: in feeds that the seeds name, in the newest of their sitemaps.",
)
@click.option("--stay", is_flag=True, default=None, help="Never follow a link out of the seeds' sites.")
@click.option("--refresh", is_flag=True, help="Ask again for all that was read, now.")
@click.option("--only-new", is_flag=True, help="Ask again for feeds, sitemaps and section pages alone.")
@click.option("--report", "reports", is_flag=True, help="Write report.html at the end.")
@click.option(
    "--if-running",
    type=click.Choice(["fail", "skip"]),
    default="fail",
    show_default=True,
    help="Where another run holds the folder: exit with 3, or say so and exit with 0.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the run's record to stdout.")
@QUIET
@PROGRESS
@LOG_FORMAT
@told
def crawl(seeds: tuple[str, ...], out: Path, config: Path | None, url: str | None, **options: Any) -> None:
    """Crawl from SEEDS, or from the folder seeds/ where none is named.

    A seed is the address of an article, feed or sitemap; or a file: a list of those, a line each; an OPML file; a
    saved page; an article as plain text. Run again with the same --out, it goes on where it stopped.

    \b
    crawler crawl https://phys.org/news/2019-10-flint-flake-tool-partially-birch.html --contact you@example.org
    crawler crawl feeds.opml --max-articles 500 --deadline 20m --out corpus
    crawler crawl --config nightly.toml --quiet
    """
    settings = settings_of(config, options)
    start_log(as_json=options["log_format"] == "json", quiet=options["quiet"])
    seeding = read_seeding(named_seeds(seeds, settings), url, options["site"])
    if options["site"] is not None and not any(seed.site for seed in seeding.documents):
        raise ConfigError("--site is for articles that are given as plain text; no seed is one")
    named = bool(seeds)
    with skipping_a_busy_folder(options):
        done = run_crawl(
            seeding,
            out,
            settings,
            options,
            max_depth=COMMAND_DEPTH if named else CONFIG_DEPTH,
            max_articles=COMMAND_ARTICLES if named else CONFIG_ARTICLES,
            revisits=revisits_of(settings, named=named, refresh=options["refresh"], only_new=options["only_new"]),
        )
        end_with(done, out, options)


@main.command()
@click.argument("archive", type=click.Path(path_type=Path))
@click.argument("seeds", nargs=-1)
@OUT
@CONFIG
@click.option("--max-articles", type=click.IntRange(min=1), help="Articles to write at most.")
@click.option("--max-depth", type=click.IntRange(min=0), help="Hops from a seed.")
@click.option("--json", "as_json", is_flag=True, help="Print the run's record to stdout.")
@QUIET
@PROGRESS
@LOG_FORMAT
@told
def replay(archive: Path, seeds: tuple[str, ...], out: Path, config: Path | None, **options: Any) -> None:
    """Crawl an ARCHIVE (a WARC file, or a folder of them) as if it were the web: nothing touches the network.

    With SEEDS the related links are followed as far as the archive holds them; without, every page of it is read.

    \b
    crawler replay pages.warc.gz --out corpus
    crawler replay pages.warc.gz urls.txt --out corpus
    """
    settings = settings_of(config, options)
    start_log(as_json=options["log_format"] == "json", quiet=options["quiet"])
    if not archive.exists():
        raise ConfigError(f"{archive}: there is no such file or folder; name a .warc or .warc.gz")
    from crawler.running.seeding import Seeding

    seeding = read_seeding(seeds, None) if seeds else Seeding()
    done = run_crawl(seeding, out, settings, options, max_depth=COMMAND_DEPTH, max_articles=None, archive=archive)
    end_with(done, out, options)


@main.command()
@click.argument("url")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Output folder.  [default: story-<its name>]"
)
@CONFIG
@click.option("--max-articles", type=click.IntRange(min=1), default=STORY_ARTICLES, show_default=True)
@CONTACT
@ALLOW_NETWORK
@GAP
@click.option("--no-open", is_flag=True, help="Write the report, but open no browser.")
@QUIET
@PROGRESS
@LOG_FORMAT
@told
def story(url: str, out: Path | None, config: Path | None, no_open: bool, **options: Any) -> None:
    """Crawl the story around one article, and show it: its time line, and how its articles lead to each other.

    \b
    crawler story https://phys.org/news/2019-10-flint-flake-tool-partially-birch.html --contact you@example.org
    """
    import webbrowser

    from crawler.model.urls import slug_of
    from crawler.report.page import write_report

    settings = settings_of(config, options)
    start_log(as_json=options["log_format"] == "json", quiet=options["quiet"])
    seeding = read_seeding((url,), None)
    folder = out or Path(f"story-{slug_of(seeding.targets[0].url if seeding.targets else url)}")
    done = run_crawl(seeding, folder, settings, options, max_depth=STORY_DEPTH, max_articles=STORY_ARTICLES)
    written = write_report([folder], about=url)
    click.echo(clean(str(written.path)))
    if not no_open:
        webbrowser.open(written.path.resolve().as_uri())
    end_with(done, folder, options)


@main.command()
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=Path("demo-out"), show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print the run's record to stdout instead of the tree.")
@QUIET
@PROGRESS
@LOG_FORMAT
@told
def demo(out: Path, **options: Any) -> None:
    """Crawl a small news site that comes with the program and is served on this machine alone.

    Its gap is a twentieth of a second, since nobody else is served; on the web the least is a second, 5 by default.
    """
    start_log(as_json=options["log_format"] == "json", quiet=options["quiet"])
    import trio

    from crawler.running.chain import first_chain
    from crawler.running.demo import crawl_demo

    done = trio.run(crawl_demo, out, shown_as(options))
    if not options["as_json"] and not options["quiet"]:
        click.echo(clean(first_chain(out)))
    end_with(done, out, {**options, "reports": True})


@main.command()
@click.argument("source")
@click.option("--url", callback=read_by("address_of"), help="The address of a saved page that does not say its own.")
@click.option("--explain", is_flag=True, help="Say instead why each link was taken, and why each other one was not.")
@CONTACT
@ALLOW_NETWORK
@CONFIG
@told
def extract(source: str, url: str | None, explain: bool, config: Path | None, **options: Any) -> None:
    """Print what one page or plain-text article says, as JSON.

    SOURCE is a file (.html, .html.gz, .txt) or an address, which is asked for as politely as in a crawl.

    \b
    crawler extract article.html | jq .title
    crawler extract --explain article.html
    """
    import trio

    from crawler.running.extracting import explain_file, explain_url, extract_file, extract_url, is_address

    if explain and is_address(source):
        click.echo(clean(trio.run(explain_url, source, settings_of(config, options))))
        return
    if explain:
        click.echo(clean(explain_file(Path(source), url)))
        return
    if is_address(source):
        article = trio.run(extract_url, source, settings_of(config, options))
    else:
        article = extract_file(Path(source), url)
    click.echo(pretty(article))


@main.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path())
@click.option(
    "--contact",
    prompt="Who may site owners write to (a mail address or a URL)",
    callback=read_by("contact_of"),
    help="Who site owners may write to.  [asked for where it is not given]",
)
@told
def init(folder: Path, contact: str) -> None:
    """Write a configuration and seeds into FOLDER, and say what to do next."""
    from crawler.running.beginning import begin_folder

    click.echo(begin_folder(folder, contact))


@main.command()
@click.argument("named", metavar="URL|SITE")
@OUT
@JSON
@told
def forget(named: str, out: Path, as_json: bool) -> None:
    """Erase a page with all its names, or a site, from an output folder, and never ask for it again.

    Its records, the edges from and to it, what records of others say of it, its visits and archived answers go, and
    report.html is written anew; a hash of each of its addresses stays, by which it is known. Texts and archived
    answers of other pages stay as they came, and copies that others made of the files are not reached.

    \b
    crawler forget https://phys.org/news/2019-10-flint-flake-tool-partially-birch.html --out corpus
    crawler forget example.org --out corpus
    """
    from time import time

    from crawler.running.erasing import erased_text
    from crawler.running.erasing import forget as forget_named

    erased = forget_named(out, named, time)
    if (out / "report.html").exists():
        from crawler.report.page import write_report

        write_report([out])
    click.echo(pretty(erased) if as_json else clean(erased_text(erased)))


@main.command()
@click.argument("seeds", nargs=-1)
@CONFIG
@CONTACT
@ALLOW_NETWORK
@JSON
@told
def check(seeds: tuple[str, ...], config: Path | None, as_json: bool, **options: Any) -> None:
    """Say what a crawl from SEEDS would ask of whom, and how long it would take; fetches robots.txt only."""
    import trio

    from crawler.running.check import check as check_seeds
    from crawler.running.check import forecast_text

    settings = settings_of(config, options)
    seeding = read_seeding(named_seeds(seeds, settings), None)
    limit = settings.crawl.max_articles or (COMMAND_ARTICLES if seeds else CONFIG_ARTICLES)
    forecast = trio.run(check_seeds, seeding.targets, settings, limit)
    click.echo(pretty(forecast) if as_json else clean(forecast_text(forecast)))


for verb in READING:
    main.add_command(verb)
