"""`crawler graph` and `crawler report`, and the README's way through what they write."""

import re
import shlex
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner, Result
from report.corpora import link, write, write_demo

from crawler.cli import main
from crawler.demo.site import DemoSite

README = Path(__file__).parents[2] / "README.md"
A, B = "https://a.example/1", "https://b.example/2"


def crawler(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def blocks(language: str) -> list[str]:
    """The README's code on seeing the story."""
    section = README.read_text("utf-8").partition("\n## See the story\n")[2].partition("\n## ")[0]
    return re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "corpus", link(A, B, title="Two"))


def test_a_graph_goes_to_stdout_and_what_it_is_to_stderr(folder: Path) -> None:
    done = crawler("graph", "--out", folder, "--format", "csv")

    assert done.stdout.splitlines() == [
        "Source,Target,Type,kind,rank,heading,first_seen,last_seen,count",
        "n0,n1,Directed,related,0,Related Stories,2026-11-24T07:00:00Z,2026-11-24T07:00:00Z,1",
    ]
    assert (done.stderr, done.exit_code) == ("nodes 2, edges 1, stories 1\n", 0)


def test_a_graph_goes_to_the_file_that_is_named(folder: Path, tmp_path: Path) -> None:
    done = crawler("graph", "--out", folder, "--format", "gexf", "-o", tmp_path / "g.gexf")

    assert (done.stdout, done.exit_code) == ("", 0)
    assert (tmp_path / "g.gexf").read_text("utf-8").startswith('<?xml version="1.0" encoding="UTF-8"?>\n<gexf ')


def test_several_folders_are_one_graph(folder: Path, tmp_path: Path) -> None:
    other = write(tmp_path / "other", link(B, A))

    done = crawler("graph", "--out", folder, "--out", other, "--kind", "related", "--story", "1", "--format", "csv")

    assert done.stderr == "nodes 2, edges 2, stories 1\n"


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--out", "missing"), "missing: holds no articles.jsonl; name the --out folder of a crawl"),
        (("--story", "9"), "--story is 9; the stories found are 1 to 1"),
        (("--since", "soon"), "--since is 'soon'; it must be a day, such as 2026-11-20"),
        (("--format", "parquet"), "--format parquet is several files; name a folder with -o"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(folder: Path, options: tuple[str, ...], complaint: str) -> None:
    done = crawler("graph", *(() if "--out" in options else ("--out", folder)), *options)

    assert (done.stderr, done.stdout, done.exit_code) == (f"crawler: {complaint}\n", "", 2)


def test_a_report_is_written_into_the_folder_and_its_place_printed(folder: Path) -> None:
    done = crawler("report", "--out", folder)

    assert (done.stdout, done.exit_code) == (f"{folder / 'report.html'}\n", 0)
    assert done.stderr == "articles 0, stories 1, in the picture 2\n"
    assert (folder / "report.html").read_bytes().startswith(b"<!doctype html>")


def test_the_commands_and_the_python_of_the_readme_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_demo(tmp_path / "demo-out", DemoSite(2017))
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)  # the system's, not ours

    commands = [shlex.split(line, comments=True) for line in "".join(blocks("sh")).splitlines()]
    codes = [crawler(*words[1:]).exit_code for words in commands if words[:1] == ["crawler"]]
    (python,) = blocks("python")
    for module in re.findall(r"^import (\w+)", python, re.MULTILINE):
        if find_spec(module) is None:
            pytest.skip(f"{module} is not here")
    subprocess.run([sys.executable, "-c", python], check=True)  # a reader's process, and not ours

    assert (len(codes), set(codes)) == (len(commands), {0})
    assert [urlsplit(url).path for url in opened] == [str(tmp_path / "demo-out" / "report.html")]
