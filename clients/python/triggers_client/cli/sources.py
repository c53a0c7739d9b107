"""`triggers sources`: where senders post that can set neither our header nor our shape."""

from typing import Any

import click
from rich.text import Text

from triggers_client.cli.arguments import json_argument, secret_argument
from triggers_client.cli.command import Group, Session, pass_session
from triggers_client.cli.output import listed, printable
from triggers_client.cli.tables import (
    fields,
    not_known,
    refusals_table,
    sources_table,
    yes_or_no,
)
from triggers_client.models import Source

_SECRET = click.option(
    "--secret",
    metavar="TEXT|@FILE|-",
    help="What its sender signs with, best from a file; left out, one is made if it can be.",
)


@click.group(cls=Group)
def sources() -> None:
    """Let Stripe, GitHub and the like post events: list, create, change, rotate, delete."""


@sources.command("list")
@pass_session
def list_sources(session: Session) -> None:
    """List all sources, oldest first, and what came to each."""
    found = session.client().sources.list_all()
    if not session.output.is_for_people:
        session.output.lines(found)
    elif found:
        session.output.people(sources_table(found))
    else:
        session.output.say("There are no sources.", style="dim")


@sources.command("providers")
@pass_session
def providers(session: Session) -> None:
    """List the kinds of senders, and how each is connected."""
    found = session.client().sources.providers()
    if not session.output.is_for_people:
        session.output.lines(found)
        return
    for each in found:
        steps = (f"  {n}. {printable(step)}" for n, step in enumerate(each.get("steps") or [], 1))
        name = Text(printable(each.get("provider")), "bold")
        session.output.people(name, printable(each.get("description")), *steps)


@sources.command("create")
@click.option("--name", required=True, help="For people.")
@click.option("--provider", required=True, help="One of `triggers sources providers`.")
@_SECRET
@click.option("--settings", metavar="JSON|@FILE|-", help="What the provider needs, if anything.")
@click.option("--event-type", metavar="TYPE", help="In place of the sender's own types.")
@pass_session
def create(
    session: Session,
    name: str,
    provider: str,
    secret: str | None,
    settings: str | None,
    event_type: str | None,
) -> None:
    """Make a source. Its sender posts to the URL; a secret that is made is shown this once."""
    draft: dict[str, Any] = {"name": name, "provider": provider}
    if secret is not None:
        draft["secret"] = secret_argument("--secret", secret)
    if event_type is not None:
        draft["event_type"] = event_type
    if settings:
        draft["settings"] = json_argument("--settings", settings)
    _show(session, session.client().sources.create(draft))


@sources.command("get")
@click.argument("source_id")
@pass_session
def get(session: Session, source_id: str) -> None:
    """Show one source with its URL."""
    _show(session, session.client().sources.get(source_id))


@sources.command("update")
@click.argument("source_id")
@click.option("--name", help="For people.")
@click.option("--settings", metavar="JSON|@FILE|-", help="Merged member by member.")
@click.option("--event-type", metavar="TYPE", help="In place of the sender's own types.")
@click.option("--enable/--disable", "enabled", default=None, help="Whether requests are taken.")
@pass_session
def update(
    session: Session,
    source_id: str,
    name: str | None,
    settings: str | None,
    event_type: str | None,
    enabled: bool | None,  # noqa: FBT001
) -> None:
    """Change some members of a source; its URL and its secret stay."""
    given = {"name": name, "event_type": event_type, "enabled": enabled}
    change: dict[str, Any] = {member: each for member, each in given.items() if each is not None}
    if settings:
        change["settings"] = json_argument("--settings", settings)
    if not change:
        raise click.UsageError(
            "Say what is to change: --name, --settings, --event-type, --disable."
        )
    _show(session, session.client().sources.update(source_id, change))


@sources.command("rotate")
@click.argument("source_id")
@_SECRET
@pass_session
def rotate(session: Session, source_id: str, secret: str | None) -> None:
    """Give a source a new secret; the old one is taken too for a day."""
    given = None if secret is None else secret_argument("--secret", secret)
    rotated = session.client().sources.rotate_secret(source_id, given)
    if not session.output.is_for_people:
        session.output.line(rotated)
        return
    _show_secret(session, rotated.get("secret"))
    until = rotated.get("previous_secret_until")
    if until is not None:
        session.output.say(f"The old one is taken too until {until}.", "dim")


@sources.command("delete")
@click.argument("source_id")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_session
def delete(session: Session, source_id: str, yes: bool) -> None:  # noqa: FBT001
    """Take nothing more in at its URL, and forget its secrets; its events stay."""
    client = session.client()
    if not yes:
        click.confirm(f"Delete {source_id}?", abort=True, err=True)
    client.sources.delete(source_id)
    if session.output.is_for_people:
        session.output.say(f"Deleted {source_id}.", style="green")
    else:
        session.output.line({"source_id": source_id, "deleted": True})


@sources.command("refusals")
@click.argument("source_id")
@pass_session
def refusals(session: Session, source_id: str) -> None:
    """Show the last requests that a source refused, and why."""
    found = session.client().sources.refusals(source_id)
    if not session.output.is_for_people:
        session.output.lines(found)
    elif found:
        session.output.people(refusals_table(found))
    else:
        session.output.say("It has refused nothing within a week.", style="dim")


def _show(session: Session, source: Source) -> None:
    if not session.output.is_for_people:
        session.output.line(source)
        return
    shown: list[tuple[str, Any]] = [
        ("source", source.get("id")),
        ("name", source.get("name")),
        ("provider", source.get("provider")),
        ("url", source.get("url")),
        ("enabled", yes_or_no(source.get("enabled"))),
        ("type", source.get("event_type")),
        ("settings", source.get("settings") or None),
        ("secrets", listed(source.get("secrets_set") or "none yet")),
        ("arrived", source.get("arrived")),
        ("refused", source.get("refused")),
        *not_known(source, Source),
    ]
    session.output.people(fields(shown))
    _show_secret(session, source.get("secret"))


def _show_secret(session: Session, secret: str | None) -> None:
    if secret:
        session.output.people(Text("\nSecret, shown this once:", "dim"), secret)
