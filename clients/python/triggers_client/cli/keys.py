"""`triggers keys`: a tenant's API keys, over the API."""

import click

from triggers_client.cli.command import Command, Group, Session, pass_session
from triggers_client.cli.output import printable
from triggers_client.cli.tables import keys_table
from triggers_client.models import IssuedApiKey


@click.group(cls=Group)
def keys() -> None:
    """List, make, rotate and revoke the API keys of your tenant."""


@keys.command("list", cls=Command)
@pass_session
def list_keys(session: Session) -> None:
    """Show every key, dead ones too, newest first; never a secret."""
    found = session.client().keys.list()
    if session.output.is_for_people:
        session.output.people(keys_table(found))
    else:
        session.output.lines(found)


@keys.command("create", cls=Command)
@click.option("--name", required=True, help="Who or what uses it.")
@click.option("--scope", "scopes", multiple=True, required=True, help="What it may do; repeatable.")
@click.option("--expires-at", help="When it dies, such as 2027-01-31T00:00:00Z.")
@click.option("--allow-ip", "allowed_ips", multiple=True, help="A network or address; repeatable.")
@pass_session
def create(
    session: Session,
    name: str,
    scopes: tuple[str, ...],
    expires_at: str | None,
    allowed_ips: tuple[str, ...],
) -> None:
    """Make a key; only this answer shows it."""
    issued = session.client().keys.create(
        name, scopes, expires_at=expires_at, allowed_ips=allowed_ips or None
    )
    _hand_over(session, issued, f"Key {printable(issued.get('key_id'))} was made.")


@keys.command("rotate", cls=Command)
@click.argument("key_id")
@click.option(
    "--overlap-seconds",
    type=click.IntRange(0, 86_400),
    default=0,
    help="How long the old secret works too.",
)
@pass_session
def rotate(session: Session, key_id: str, overlap_seconds: int) -> None:
    """Give a key a new secret; only this answer shows it."""
    issued = session.client().keys.rotate(key_id, overlap_seconds=overlap_seconds)
    until = issued.get("overlap_ends_at")
    end = "stops within 60 seconds" if until is None else f"works until {until}"
    _hand_over(session, issued, f"Key {key_id} has a new secret; the old one {end}.")


@keys.command("revoke", cls=Command)
@click.argument("key_id")
@pass_session
def revoke(session: Session, key_id: str) -> None:
    """End a key for good, within 60 seconds."""
    session.client().keys.revoke(key_id)
    session.output.say(f"Key {key_id} is revoked; it stops within 60 seconds.")


def _hand_over(session: Session, issued: IssuedApiKey, words: str) -> None:
    if not session.output.is_for_people:
        session.output.line(issued)
        return
    session.output.say(f"{words} This is the only time that it is shown:")
    session.output.people(issued["api_key"])
