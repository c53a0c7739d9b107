"""Reads the documents as a reader sees them: blocks, headings, tables, links."""

import re
from dataclasses import dataclass
from pathlib import Path

from tests.cloudformation import ROOT

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """What stands between two fences."""

    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Document:
    """A Markdown file, named by its path from the root."""

    name: str

    @property
    def path(self) -> Path:
        return ROOT / self.name

    @property
    def text(self) -> str:
        return self.path.read_text()

    @property
    def prose(self) -> str:
        """The text without its blocks."""
        return _BLOCK.sub("", self.text)

    @property
    def blocks(self) -> list[Block]:
        return [Block(match[1], match[2]) for match in _BLOCK.finditer(self.text)]

    @property
    def headings(self) -> list[str]:
        return re.findall(r"^#+ (.+)$", self.prose, re.MULTILINE)

    @property
    def anchors(self) -> set[str]:
        """What a link to a heading names it by, as GitHub does."""
        plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in self.headings)
        return {heading.replace(" ", "-") for heading in plain}

    @property
    def links(self) -> list[str]:
        """Targets within the project."""
        targets = re.findall(r"\]\(([^)\s]+)\)", self.prose)
        return [target for target in targets if not re.match(r"[a-z]+:", target)]

    def section(self, heading: str) -> str:
        """What stands under a heading, up to the next of its level."""
        (found,) = re.findall(
            rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", self.text, re.MULTILINE | re.DOTALL
        )
        return str(found)


def documents() -> list[Document]:
    """Every Markdown file of the project."""
    apart = [*ROOT.glob("integrations/*/*.md"), *ROOT.glob("clients/*/*.md")]
    paths = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *apart]
    return [Document(path.relative_to(ROOT).as_posix()) for path in sorted(paths)]


def table_rows(text: str) -> list[list[str]]:
    """The cells of every row of the tables in a text, without their headers."""
    rows: list[list[str]] = []
    for table in re.findall(r"(?:^\|.*\|\n?)+", text, re.MULTILINE):
        lines = table.strip().splitlines()[2:]
        rows += [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return rows


def code_words(text: str) -> list[str]:
    """What stands between backticks."""
    return re.findall(r"`([^`\n]+)`", text)
