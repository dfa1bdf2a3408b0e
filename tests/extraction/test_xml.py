from pathlib import Path

import pytest
from lxml import etree

from crawler.extraction.xml import attribute_of, local_name, parse_xml, text_of

URL = "https://daily.example/feed.xml"


def parsed(body: bytes) -> etree._Element:
    root = parse_xml(body, url=URL, max_bytes=10_000)

    assert root is not None
    return root


def test_no_entity_is_expanded_and_no_file_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    dtd = f'<!DOCTYPE rss [<!ENTITY file SYSTEM "{secret.as_uri()}"><!ENTITY words "w"><!ENTITY % p SYSTEM "x">%p;]>'

    root = parsed(f"{dtd}<rss>&file; &words; &amp; &eacute; &#233; R&D</rss>".encode())

    assert text_of(root) == "&file; &words; & é é R&D"


def test_what_stands_before_the_root_is_passed_over() -> None:
    root = parsed(
        b"<b>Warning</b>: line 3\n<?xml version='1.0' encoding='latin-1'?><!-- <html> --><a:FEED Xml:Base='x'/>"
    )

    assert (local_name(root), attribute_of(root, "xml:base"), attribute_of(root, "base")) == ("feed", "x", None)


@pytest.mark.parametrize(
    "body", [b"", b"<", b"<rss", b"<title>no root</title>", b"<html><rss/></html>", b"<!-- <rss/>"], ids=repr
)
def test_what_holds_no_known_root_is_none(body: bytes) -> None:
    assert parse_xml(body, url=URL, max_bytes=10_000) is None


def test_what_lies_beyond_the_limit_is_not_read() -> None:
    root = parse_xml(b"<rss><a/><b/></rss>", url=URL, max_bytes=10)

    assert root is not None
    assert [local_name(child) for child in root] == ["a"]
