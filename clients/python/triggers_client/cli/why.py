"""`why`: where an event is, and why it is not elsewhere."""

from collections.abc import Iterator

import click
from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from triggers_client.cli.command import Command, Session, config_ids, event_ids, pass_session
from triggers_client.cli.output import listed, members, printable
from triggers_client.models import Fate, Happening, Story

_STYLES = {"delivered": "green", "retrying": "yellow", "dead": "red", "waiting": "yellow"}
_INDENT = "  "


@click.command(
    cls=Command,
    examples="""
    triggers why evt_01M80DA8APHQG85FF1EP41RHZD
    triggers why evt_01M80DA8APHQG85FF1EP41RHZD --config cfg_d6d7a6a6664f8e4f1795bc1f
    """,
)
@click.argument("event_id", shell_complete=event_ids)
@click.option(
    "--config",
    "config_id",
    metavar="ID",
    shell_complete=config_ids,
    help="What became of it for this one alone.",
)
@pass_session
def why(session: Session, event_id: str, config_id: str | None) -> None:
    """Tell where an event is, and for each config why it was sent or not."""
    story = session.client().events.story(event_id, config_id=config_id)
    if session.output.is_for_people:
        session.output.people(*lines_of(story))
    else:
        session.output.line(story)


def lines_of(story: Story) -> Iterator[RenderableType]:
    """The story for people, in lines; ids are never cut."""
    about = [story.get("event_type"), story.get("severity"), story.get("status") or "erased"]
    yield _whole(story.get("event_id"), "bold")
    yield Text(f"{_INDENT}{listed(about)}")
    yield Text("")
    for happening in story.get("happenings") or []:
        yield from _happened(happening)
    outcomes = members(story.get("outcomes"))
    counts = ", ".join(f"{n} {name}" for name, n in outcomes.items() if n)
    yield Text("")
    yield Text(printable(f"Configs: {counts.replace('_', ' ') or 'none'}"), "dim")
    for fate in story.get("configs") or []:
        yield from _became(fate, printable(story.get("event_id")))
    yield Text("")
    for sentence in story.get("not_known") or []:
        yield Text(printable(sentence), "dim")


def _happened(happening: Happening) -> Iterator[RenderableType]:
    at, until, before = happening.get("at"), happening.get("until"), happening.get("before")
    what, error, answer = happening.get("what"), happening.get("error"), happening.get("answer")
    said = printable(what)
    if happening.get("round"):
        said += f" (round {happening.get('round')})"
    if what == "attempted":
        said += f": {happening.get('status_code') or 'no answer'}"
    if until:
        said += f" until {_second(until)}"
    if not at and before:
        said += f" no later than {_second(before)}"
    yield Text(printable(f"{_second(at) if at else 'time not known     '}  {said}"))
    if happening.get("config_id"):
        yield _whole(f"{_INDENT}{printable(happening.get('config_id'))}", "dim")
    if error:
        yield _indented(error)
    if error and answer:
        yield _indented(f"It said: {printable(answer)}", "dim")


def _second(at: object) -> str:
    return printable(at)[:19].replace("T", " ")


def _became(fate: Fate, event_id: str) -> Iterator[RenderableType]:
    yield Text("")
    yield _whole(fate.get("config_id"), "bold")
    if fate.get("name"):
        yield _indented(fate.get("name"), "dim")
    outcome = printable(fate.get("outcome"))
    reason = f": {printable(fate.get('reason'))}" if fate.get("reason") else ""
    yield _indented(f"{outcome}{reason}".replace("_", " "), _STYLES.get(outcome, "cyan"))
    yield _indented(fate.get("because"))
    if fate.get("next_step"):
        yield _indented(f"-> {printable(fate.get('next_step'))}")
    for command in commands_for(fate, event_id):
        # A delivery's id leaves no room beside it, and a shell goes on behind a backslash.
        *first, last = f"triggers {command}".rsplit(" ", 1 if "--delivery" in command else 0)
        for part in first:
            yield _whole(f"{_INDENT * 2}{part} \\", "dim")
        yield _whole(f"{_INDENT * (3 if first else 2)}{last}", "dim")


def commands_for(fate: Fate, event_id: str) -> list[str]:
    """What does the next step, as far as a command can."""
    config_id, delivery_id = fate.get("config_id"), fate.get("delivery_id")
    missed = [f"configs replay {config_id} --since 30d"] if config_id else []
    delivery = [f"replay --delivery {delivery_id}"] if delivery_id else []
    if fate.get("reason") == "disabled":
        is_off = printable(fate.get("next_step")).startswith("Enable")
        enable = [f"configs enable {config_id}"] if is_off and config_id else []
        return [*enable, *(delivery or missed)]
    if fate.get("outcome") == "dead":
        return delivery
    if fate.get("outcome") in ("retrying", "waiting"):
        return [f"why {event_id}"]
    by_reason = {
        "created_later": missed,
        "filtered": [f"configs get {config_id}"] if config_id else [],
        "history_expired": [f"replay {event_id}"],
        "not_dispatched_yet": [f"why {event_id}"],
    }
    return by_reason.get(printable(fate.get("reason")), [])


def _indented(text: object, style: str = "") -> Padding:
    """Text that breaks between words, indented in every line of it."""
    return Padding(Text(printable(text), style), (0, 0, 0, len(_INDENT)))


def _whole(text: object, style: str) -> Text:
    """A line that is never broken nor cut."""
    return Text(printable(text), style, no_wrap=True, overflow="ignore")
