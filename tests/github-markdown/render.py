"""Renders Markdown with cmark-gfm, GitHub's own renderer, and says what became of it.

In, on standard input: a JSON array of texts. Out: for each, its elements in the order in which they
begin, as pairs: the start tag as written, and the text directly inside. A comment or the like is an
element too.
"""

import html.parser
import json
import sys

import cmarkgfm
from cmarkgfm.cmark import Options

VOID = {"br", "hr", "img", "input"}


class Elements(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.elements = [["", ""]]
        self.open = [self.elements[0]]

    def handle_starttag(self, tag, attrs):
        element = [self.get_starttag_text(), ""]
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag):
        if len(self.open) > 1:
            self.open.pop()

    def handle_data(self, data):
        self.open[-1][1] += data

    def handle_comment(self, data):
        self.elements.append(["<!--", data])

    handle_decl = handle_pi = unknown_decl = handle_comment


def elements(text):
    # What GitHub renders with: raw HTML comes through here and is cleaned later.
    options = Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_FOOTNOTES
    parser = Elements()
    parser.feed(cmarkgfm.github_flavored_markdown_to_html(text, options))
    parser.close()
    # What stands outside any element comes first, if it is more than line ends.
    outside, *inside = parser.elements
    return ([outside] if outside[1].strip() else []) + inside


json.dump([elements(text) for text in json.load(sys.stdin)], sys.stdout)
