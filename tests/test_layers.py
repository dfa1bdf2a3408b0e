"""The direction of imports: errors < model < rooms < running < cli, and what each room must not know."""

import ast
from pathlib import Path

import pytest

import crawler

PACKAGE = Path(crawler.__file__).parent
ROOMS = frozenset({"frontier", "politeness", "fetch", "extraction", "store", "report", "demo"})
ALLOWED: dict[str, frozenset[str]] = {
    "errors": frozenset(),
    "model": frozenset({"errors"}),
    "config": frozenset({"errors", "model"}),
    **{room: frozenset({"errors", "model"}) for room in ROOMS},
    "running": frozenset({"errors", "model", "config"}) | ROOMS,
    "command": frozenset({"errors", "model", "config", "running"}),
    "cli_reading": frozenset({"errors", "model", "running", "command", "report", "store"}),
    "cli_crawling": frozenset({"errors", "config", "running", "command", "frontier", "report"}),
    "cli": frozenset({"errors", "model", "config", "running", "command", "cli_crawling", "cli_reading"}) | ROOMS,
    "__main__": frozenset({"cli"}),
    "__init__": frozenset({"model", "extraction", "running", "report"}),  # what programs import, resolved lazily
}
FOREIGN: dict[str, frozenset[str]] = {  # library: the only rooms that may say its name
    "httpx": frozenset({"fetch"}),
    "httpcore": frozenset({"fetch"}),
    "tenacity": frozenset({"fetch"}),
    "h11": frozenset({"demo", "fetch"}),
    "sqlite3": frozenset({"frontier"}),
    "selectolax": frozenset({"extraction"}),
    "lxml": frozenset({"extraction"}),
    "protego": frozenset({"politeness"}),
    "click": frozenset({"cli", "cli_crawling", "cli_reading", "command"}),
    "rich": frozenset({"cli", "running"}),
    "trio": frozenset({"cli", "cli_crawling", "demo", "fetch", "frontier", "running", "__init__"}),
    "igraph": frozenset({"report"}),
}
MODULES = sorted(path for path in PACKAGE.rglob("*.py"))


def imports(path: Path) -> set[tuple[str, str]]:
    """(library, room) of each import of a module; the room is "" for other libraries and for the version alone."""
    found: set[tuple[str, str]] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            base = node.module or ""
            names = [f"{base}.{alias.name}" if base == "crawler" else base for alias in node.names]
        for name in names:
            library, _, rest = name.partition(".")
            found.add((library, "" if rest == "__version__" else rest.partition(".")[0]))
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_module_imports_downwards_only(path: Path) -> None:
    room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")

    upwards = {
        name
        for library, name in imports(path)
        if library == "crawler" and name and name != room and name not in ALLOWED[room]
    }

    assert upwards == set()


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_library_is_known_to_its_rooms_only(path: Path) -> None:
    room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")

    strangers = {library for library, _ in imports(path) if library in FOREIGN and room not in FOREIGN[library]}

    assert strangers == set()


def test_every_room_is_guarded() -> None:
    rooms = {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in MODULES}

    assert rooms <= set(ALLOWED)
