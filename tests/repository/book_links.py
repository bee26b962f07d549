"""book_links.py FOLDER: checks that each relative link of the pages in FOLDER leads to a file, and to an anchor in it."""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """The anchors and the links of a page."""

    def __init__(self, text):
        super().__init__()
        self.anchors, self.links = {""}, []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name == "id" or (name == "name" and tag == "a"):
                self.anchors.add(value)
            if name in ("href", "src") and value:
                self.links.append(value)


def main(root):
    pages = {path: Page(path.read_text()) for path in sorted(root.rglob("*.html"))}
    broken = checked = 0
    for path, page in pages.items():
        # The page for missing addresses is served from any folder, and the report of the examples has no relative links.
        if path.name == "404.html" or path.parent.name == "sample":
            continue
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            checked += 1
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir():
                target /= "index.html"
            anchor = unquote(parts.fragment)
            if not target.is_file() or root not in target.parents:
                print(f"{path.relative_to(root)}: {link}: no such file")
                broken += 1
            elif target in pages and anchor not in pages[target].anchors:
                print(f"{path.relative_to(root)}: {link}: no such anchor")
                broken += 1
    print(f"{len(pages)} pages, {checked} links, {broken} broken")
    return 1 if broken or not checked else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
