"""The commands that the documents tell are such as there are: names and options, no more is run."""

import re
import shlex
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module

import click

from tests.markdown import code_words, documents
from triggers_client.cli.entry import app


def commands_of_admin() -> set[tuple[str, str]]:
    """Every `make NAME ARGS=…` that a document tells, as name and arguments."""
    told: set[tuple[str, str]] = set()
    for document in documents():
        for text in [*code_words(document.prose), *(block.text for block in document.blocks)]:
            found = re.findall(r"make (\w+) ARGS=(?:'([^'\n]*)'|\"([^\"\n]*)\")", text)
            told |= {(name, one or other) for name, one, other in found}
    return {(name, arguments) for name, arguments in told if "…" not in arguments}


def test_every_command_of_admin_that_is_told_has_options_that_it_takes() -> None:
    modules = {"key": "keys"}  # whose name is not their target's
    told = commands_of_admin()

    assert len(told) > 10
    for name, arguments in told:
        module = import_module(f"admin.{modules.get(name, name)}")
        words = shlex.split(arguments.replace("NAME", "acme"), comments=True)
        module._parser().parse_args(words)  # noqa: SLF001  # the one that `main` takes


def test_no_command_wants_a_date_of_gnu() -> None:
    for document in documents():
        for block in document.blocks:
            assert not re.search(r"\bdate (-u )?-d\b", block.text), document.name


def commands_of_triggers() -> Iterator[list[str]]:
    """The words of every `triggers …` that a document tells, up to a pipe or the like."""
    for document in documents():
        lines = [line for block in document.blocks for line in block.text.splitlines()]
        for line in (*lines, *code_words(document.prose)):
            if not re.match(r"triggers [a-z-]", line) or "…" in line:
                continue
            words = shlex.shlex(line, posix=True, punctuation_chars="|;&()<>")
            words.whitespace_split = True
            told = list(words)
            ends = (at for at, word in enumerate(told) if set(word) <= set("|;&()<>"))
            yield told[1 : next(ends, len(told))]


def options_of(command: click.Command, words: list[str]) -> None:
    """Raises `UsageError` for a command or an option that is not there."""
    context = click.Context(command)
    _, rest, _ = command.make_parser(context).parse_args(words)
    if isinstance(command, click.Group) and rest:
        _, found, left = command.resolve_command(context, rest)
        assert found is not None
        options_of(found, left)


def test_every_command_of_triggers_that_is_told_has_options_that_it_takes() -> None:
    told = list(commands_of_triggers())

    assert len(told) > 50
    for words in told:
        with suppress(click.BadOptionUsage):  # named without its value
            options_of(app, words)
