"""`why`: where an event is, and why it is not elsewhere."""

from collections.abc import Iterator

import click
from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from triggers_client.cli.command import Command, Session, config_ids, event_ids, pass_session
from triggers_client.cli.output import printable
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
    status = story["status"] or "erased"
    yield _whole(story["event_id"], "bold")
    yield Text(printable(f"{_INDENT}{story['event_type']}, {story['severity']}, {status}"))
    yield Text("")
    for happening in story["happenings"]:
        yield from _happened(happening)
    counts = ", ".join(f"{n} {name}" for name, n in story["outcomes"].items() if n)
    yield Text("")
    yield Text(f"Configs: {counts.replace('_', ' ') or 'none'}", "dim")
    for fate in story["configs"]:
        yield from _became(fate, story["event_id"])
    yield Text("")
    for sentence in story["not_known"]:
        yield Text(printable(sentence), "dim")


def _happened(happening: Happening) -> Iterator[RenderableType]:
    at = happening["at"]
    shown = at[:19].replace("T", " ") if at else "time not known     "
    said = happening["what"]
    if happening["round"]:
        said += f" (round {happening['round']})"
    if happening["what"] == "attempted":
        said += f": {happening['status_code'] or 'no answer'}"
    if happening["until"]:
        said += f" until {happening['until'][:19].replace('T', ' ')}"
    if not at and happening["before"]:
        said += f" no later than {happening['before'][:19].replace('T', ' ')}"
    yield Text(printable(f"{shown}  {said}"))
    if happening["config_id"]:
        yield _whole(f"{_INDENT}{happening['config_id']}", "dim")
    if happening["error"]:
        yield _indented(happening["error"])
    if happening["error"] and happening["answer"]:
        yield _indented(f"It said: {happening['answer']}", "dim")


def _became(fate: Fate, event_id: str) -> Iterator[RenderableType]:
    yield Text("")
    yield _whole(fate["config_id"], "bold")
    if fate["name"]:
        yield _indented(fate["name"], "dim")
    outcome = fate["outcome"].replace("_", " ")
    reason = f": {fate['reason'].replace('_', ' ')}" if fate["reason"] else ""
    yield _indented(f"{outcome}{reason}", _STYLES.get(fate["outcome"], "cyan"))
    yield _indented(fate["because"])
    if fate["next_step"]:
        yield _indented(f"-> {fate['next_step']}")
    for command in commands_for(fate, event_id):
        # A delivery's id leaves no room beside it, and a shell goes on behind a backslash.
        *first, last = f"triggers {command}".rsplit(" ", 1 if "--delivery" in command else 0)
        for part in first:
            yield _whole(f"{_INDENT * 2}{part} \\", "dim")
        yield _whole(f"{_INDENT * (3 if first else 2)}{last}", "dim")


def commands_for(fate: Fate, event_id: str) -> list[str]:
    """What does the next step, as far as a command can."""
    missed = f"configs replay {fate['config_id']} --since 30d"
    delivery = f"replay --delivery {fate['delivery_id']}"
    if fate["reason"] == "disabled":
        is_off = (fate["next_step"] or "").startswith("Enable")
        enable = [f"configs enable {fate['config_id']}"] if is_off else []
        return [*enable, delivery if fate["delivery_id"] else missed]
    if fate["outcome"] == "dead":
        return [delivery]
    if fate["outcome"] in ("retrying", "waiting"):
        return [f"why {event_id}"]
    by_reason = {
        "created_later": [missed],
        "filtered": [f"configs get {fate['config_id']}"],
        "history_expired": [f"replay {event_id}"],
        "not_dispatched_yet": [f"why {event_id}"],
    }
    return by_reason.get(fate["reason"] or "", [])


def _indented(text: str, style: str = "") -> Padding:
    """Text that breaks between words, indented in every line of it."""
    return Padding(Text(printable(text), style), (0, 0, 0, len(_INDENT)))


def _whole(text: str, style: str) -> Text:
    """A line that is never broken nor cut."""
    return Text(printable(text), style, no_wrap=True, overflow="ignore")
