"""Bytes of a page to text: what the page declares where that can be true, else what the bytes are.

lexbor itself takes everything for UTF-8, so decoding comes first.
"""

import codecs
import re

import chardet

MAX_SNIFFED_BYTES = 16_384  # chardet takes about 1 ms for these; longer samples were not told better
META_WITHIN_BYTES = 8_192  # the standard says 1,024; pages that declare later are common enough
MAX_BROKEN_SHARE = 0.002  # of the bytes: a page of UTF-8 with a few broken ones is still UTF-8

_META = re.compile(rb"""<meta[^>]{0,512}?charset\s*+=\s*+["']?+\s*+([\w.:-]{2,40})""", re.I)
_XML = re.compile(rb"""^\s*<\?xml[^>]{0,256}?encoding\s*=\s*["']([\w.:-]{2,40})["']""", re.I)
_HEADER = re.compile(r"""charset\s*+=\s*+["']?+\s*+([\w.:-]{2,40})""", re.I)
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_NO_CHARSETS = frozenset({"idna", "punycode", "raw_unicode_escape", "unicode_escape", "utf-7"})  # of no page: Python's
_SEVEN_BIT = frozenset({"iso2022_jp", "hz"})  # their bytes are ASCII, so they would pass for UTF-8
_WIDER = {  # what browsers read where a page declares the narrower set (WHATWG Encoding, 4.2)
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}


def in_utf8(html: bytes, content_type: str | None) -> bytes:
    """A page as a parser reads it: in UTF-8, without NUL, whatever it was declared to be. Never raises."""
    text, codec = _decoded(html, content_type)
    utf8 = html if codec == "utf-8" else text.encode("utf-8", "replace")
    return utf8.replace(b"\0", b"")


def decode_page(html: bytes, content_type: str | None) -> str:
    """The text of a page, whatever it was declared to be. Never raises."""
    return _decoded(html, content_type)[0]


def _decoded(html: bytes, content_type: str | None) -> tuple[str, str | None]:
    """The text of a page, and the codec that its bytes are valid in; `None` where a part was left out.

    A byte order mark is believed first. Bytes that are valid UTF-8 are UTF-8, since hardly any text in another
    encoding is by chance; then the charset of the `Content-Type` header, of the page's own meta tag, and a detector
    have their turn, each only if the bytes can be so decoded.

    Source: WHATWG Encoding and HTML (13.2.3), but for the trust in declarations, which garbles real pages.
    """
    for bom, encoding in _BOMS:
        if html.startswith(bom):
            return html[len(bom) :].decode(encoding, "replace"), None
    declared = [codec for label in _labels(html, content_type) if (codec := _codec(label))]
    for codec in (*(c for c in declared if c in _SEVEN_BIT or c.startswith("utf-16")), "utf-8", *declared):
        if codec.startswith("utf-16") and b"\0" not in html[:512]:
            continue  # a page that can declare itself in ASCII is not in UTF-16
        try:
            return html.decode(codec), codec
        except ValueError:
            continue
    as_utf8 = html.decode("utf-8", "replace")
    if as_utf8.count("\ufffd") <= len(html) * MAX_BROKEN_SHARE:
        return as_utf8, None
    detected = _codec(chardet.detect(html[:MAX_SNIFFED_BYTES]).get("encoding") or "")
    return html.decode(detected or next(iter(declared), "cp1252"), "replace"), None


def _labels(html: bytes, content_type: str | None) -> list[str]:
    head = html[:META_WITHIN_BYTES]
    found = [match[1] for match in (_HEADER.search(content_type or ""),) if match]
    return found + [match[1].decode("ascii") for match in (_META.search(head), _XML.search(head)) if match]


def _codec(label: str) -> str | None:
    """Python's name of an encoding; `None` where it knows none, or one that is not for text."""
    try:
        name = codecs.lookup(label.strip().replace("x-sjis", "shift_jis")).name
        "".encode(name)
    except (LookupError, ValueError):  # LookupError: unknown, or bytes to bytes such as "zip"
        return None
    return None if name in _NO_CHARSETS else _WIDER.get(name, name)
