"""Boxes amid a story that their elements tell, whatever they are called and in whatever language: forms that ask for
an address, buttons that share the story, lists of its tags.
"""

import re

from crawler.extraction.tree import Node, Tree

MAX_FORM_CHARS = 400  # of a form for a newsletter with its promises, or of one for a comment with its rules
MAX_FORM_SHARE = 0.2  # of the body's letters: what holds more of them is no box in it
MAX_LABEL_CHARS = 30  # beside the links of a row: "Share this story:", "Tags:"
MIN_BUTTONS = 2  # of a row that shares; whatever else is linked in it ("Download") is a button too

_SHARES = (
    r"(?:facebook\.com/(?:sharer|share\.php|dialog/(?:share|feed|send))|(?:twitter|x)\.com/(?:share|intent)\b"
    r"|twitter\.com/home/?\?|pinterest\.[a-z.]{2,6}/pin/create|linkedin\.com/(?:sharearticle|sharing|cws/share)"
    r"|plus\.google\.com/share|reddit\.com/submit|tumblr\.com/(?:share|widgets/share)|(?:t|telegram)\.me/share"
    r"|wa\.me/\?|whatsapp\.com/send|(?:vk\.com|vkontakte\.ru)/share|connect\.ok\.ru|line\.me/r/msg"
    r"|social-plugins\.line\.me|getpocket\.com/(?:save|edit)|flipboard\.com/bookmarklet|(?:bsky\.app|threads\.net)/intent"
    r"|xing\.com/(?:spi/shares|app/user)|service\.weibo\.com/share|b\.hatena\.ne\.jp/(?:add|entry))"
)
_SHARING = re.compile(
    rf"(?:https?:)?//(?:(?:www|m|api|web)\.)?{_SHARES}|(?:whatsapp|fb-messenger|viber|tg):|mailto:\?", re.I
)
_SCRIPTED = re.compile(rf"(?<![a-z\d]){_SHARES}", re.I)


def find_boxes(tree: Tree, body: Node) -> set[int]:
    """Places of the elements of the body that are such boxes."""
    boxes: set[int] = set()
    buttons: dict[int, int] = {}
    for node in tree.inside(body):
        if node.tag == "a":
            if not node.chars or node.parent is None:
                continue
            attrs = node.attrs
            if _shares(attrs):
                boxes.add(node.at)
                buttons[node.parent.at] = buttons.get(node.parent.at, 0) + 1
            elif "rel" in attrs and "tag" in (attrs["rel"] or "").lower().split() and _is_row(node.parent, body):
                boxes.add(node.parent.at)
        elif node.tag == "input" and _asks_for_address(node):
            boxes.add(_form(node, body).at)
    rows = (tree.nodes[at] for at, count in buttons.items() if count >= MIN_BUTTONS)
    return boxes.union(row.at for row in rows if _is_row(row, body))


def _shares(attrs: dict[str, str | None]) -> bool:
    address = attrs.get("href") or ""
    if _SHARING.match(address) is not None:
        return True
    if address[:1] not in ("", "#", "j"):
        return False
    return _SCRIPTED.search(address) is not None or _SCRIPTED.search(attrs.get("onclick") or "") is not None


def _is_row(node: Node, body: Node) -> bool:
    """Whether it holds links and little beside them, as a list of tags does, and no text with links in it."""
    return node is not body and node.chars - node.link_chars <= MAX_LABEL_CHARS


def _asks_for_address(field: Node) -> bool:
    return field.get("type").lower() == "email" or any(
        "mail" in field.get(name).lower() for name in ("name", "id", "placeholder")
    )


def _form(field: Node, body: Node) -> Node:
    """The box around a field, as far as it holds little text."""
    most = min(MAX_FORM_CHARS, MAX_FORM_SHARE * body.chars)
    form = field
    for up in field.ancestors():
        if up.chars > most or up.at <= body.at:
            break
        form = up
    return form
