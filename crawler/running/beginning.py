"""`crawler init`: a folder to crawl from - configuration, seeds, and the line for cron."""

import shlex
from importlib import resources
from pathlib import Path

from crawler.errors import ConfigError, StoreError

TEMPLATES = ("config.toml", "seeds/science-x.txt")  # of the distribution, as its own top level has them
CONTACT_LINE = '# contact = "you@example.org"'


def begin_folder(folder: Path, contact: str) -> str:
    """Write a configuration and seeds into a folder; what to do next, for a person.

    Raises:
        ConfigError: the folder has a configuration already.
        StoreError: it cannot be written.
    """
    if (folder / "config.toml").exists():
        raise ConfigError(f"{folder / 'config.toml'} is there already; edit it, or name another folder")
    texts = {name: _template(name) for name in TEMPLATES}
    quoted = contact.replace("\\", "\\\\").replace('"', '\\"')
    texts["config.toml"] = texts["config.toml"].replace(CONTACT_LINE, f'contact = "{quoted}"')
    try:
        for name, text in texts.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, "utf-8")
    except OSError as error:
        raise StoreError(f"{folder}: {error.strerror or error}; name a folder that can be written") from error
    place = shlex.quote(str(folder.resolve()))
    return (
        f"wrote {folder / 'config.toml'} and {folder / 'seeds'}: put your own seeds there, then\n"
        f"  cd {place} && crawler check       says what a crawl would ask of whom\n"
        f"  cd {place} && crawler crawl       crawls into {folder / 'data'}\n"
        f"every night, by cron:\n"
        f"  0 3 * * *  cd {place} && crawler crawl --quiet --deadline 4h"
    )


def _template(name: str) -> str:
    """A file of the distribution: inside the package where it is installed, beside it in a checkout."""
    package = resources.files("crawler")
    for place in (package / "templates" / name, Path(str(package)).parent / name):
        if place.is_file():
            return place.read_text("utf-8")
    raise StoreError(f"{name} is missing from the installation; install it again")
