"""`me` and `health`."""

from http import HTTPStatus

import click
from rich.text import Text

from triggers_client.cli import exit_codes
from triggers_client.cli.command import Command, Session, pass_session
from triggers_client.cli.output import listed, members, printable
from triggers_client.cli.tables import fields, styled
from triggers_client.retry import Retry


@click.command(cls=Command)
@pass_session
def me(session: Session) -> None:
    """Whose key this is: tests URL and key."""
    account = session.client().me()
    if not session.output.is_for_people:
        session.output.line(account)
        return
    session.output.people(
        fields(
            [
                ("tenant", Text(printable(account.get("tenant")), "bold")),
                ("key", f"{printable(account.get('key_id'))}  ({account.get('key_name')})"),
                ("scopes", listed(account.get("scopes"))),
                ("API", session.target.resolved()[0]),
            ]
        )
    )


@click.command(cls=Command)
@pass_session
def health(session: Session) -> int:
    """Whether events can be stored; needs no key. Ends with 4 if not."""
    client = session.client(Retry(budget_seconds=0), needs_key=False)
    answer = client.transport.send("GET", "/health", accepted=(HTTPStatus.SERVICE_UNAVAILABLE,))
    found = answer.document()
    if session.output.is_for_people:
        checks = [(name, styled(each)) for name, each in members(found.get("checks")).items()]
        session.output.people(fields([("status", styled(found.get("status"))), *checks]))
    else:
        session.output.line(found)
    # Not by the word: a newer server may have others.
    return exit_codes.OK if answer.status == HTTPStatus.OK else exit_codes.TEMPORARY


account_commands = [me, health]
