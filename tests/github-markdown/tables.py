"""The rows of tables that a page on GitHub shows.

In, on standard input: a JSON array of Markdown documents. Out: for each, the texts of the cells of all table rows that are
visible once GitHub's own renderer, cmark-gfm, has made HTML of it and an HTML5 parser a page. Header cells are left out.
"""

import json
import sys

import cmarkgfm
import html5lib
from cmarkgfm.cmark import Options

# Their content is not part of the page.
HIDING = {"template", "script", "style", "noscript", "select", "title", "textarea"}


def name(element):
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else "#comment"


def text(element):
    parts = [element.text or ""]
    for child in element:
        if name(child) not in HIDING | {"#comment"}:
            parts.append(" " if name(child) == "br" else text(child))
        parts.append(child.tail or "")
    return "".join(parts)


def rows(element):
    if name(element) in HIDING | {"#comment"}:
        return
    if name(element) == "tr":
        cells = [text(cell).strip() for cell in element if name(cell) == "td"]
        if cells:
            yield cells
    for child in element:
        yield from rows(child)


def shown_rows(document):
    options = Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_FOOTNOTES
    html = cmarkgfm.github_flavored_markdown_to_html(document, options)
    return list(rows(html5lib.parse(html)))


json.dump([shown_rows(document) for document in json.load(sys.stdin)], sys.stdout)
