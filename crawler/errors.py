"""The few exceptions: something of ours is broken. What the web does is a value, `model.work.Outcome`."""


class CrawlerError(Exception):
    """Something the user must know; its text is one line that names the thing and the way out."""


class ConfigError(CrawlerError):
    """The configuration, an argument or a seed is wrong: names file, key, value and what would be right."""


class StoreError(CrawlerError):
    """A file of the output folder cannot be written, or does not fit what `state.db` says of it."""


class FrontierError(CrawlerError):
    """`state.db` or `hosts.db` cannot be used; says whether starting again mends it."""


class FolderBusyError(CrawlerError):
    """Another run holds the output folder; names the holder."""
