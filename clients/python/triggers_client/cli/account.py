"""`me` and `health`."""

import click
from rich.text import Text

from triggers_client.cli import exit_codes
from triggers_client.cli.command import Command, Session, pass_session
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
                ("tenant", Text(str(account["tenant"]), "bold")),
                ("key", f"{account['key_id']}  ({account['key_name']})"),
                ("scopes", ", ".join(account["scopes"])),
                ("API", session.target.resolved()[0]),
            ]
        )
    )


@click.command(cls=Command)
@pass_session
def health(session: Session) -> int:
    """Whether events can be stored; needs no key. Ends with 4 if not."""
    found = session.client(Retry(budget_seconds=0), needs_key=False).health()
    if session.output.is_for_people:
        checks = [(str(name), styled(str(each))) for name, each in found["checks"].items()]
        session.output.people(fields([("status", styled(str(found["status"]))), *checks]))
    else:
        session.output.line(found)
    return exit_codes.TEMPORARY if found["status"] == "unhealthy" else exit_codes.OK


account_commands = [me, health]
