"""`configs`: where events are pushed to."""

from typing import Any

import click
from rich.text import Text

from triggers_client.cli import exit_codes
from triggers_client.cli.arguments import json_argument
from triggers_client.cli.channels import CHANNELS, knowing
from triggers_client.cli.command import Group, Session, config_ids, pass_session
from triggers_client.cli.expressions import expression_options
from triggers_client.cli.policy import as_members, policy_options
from triggers_client.cli.tables import configs_table, fields


@click.group(cls=Group)
def configs() -> None:
    """Where events are pushed to: list, create, change, test, replay, delete."""


@configs.command("list")
@pass_session
def list_configs(session: Session) -> None:
    """List all configs, oldest first."""
    found = session.client().notifications.configs()
    if not session.output.is_for_people:
        session.output.lines(found)
    elif found:
        session.output.people(configs_table(found))
    else:
        session.output.say("There are no configs.", style="dim")


@configs.command(
    "create",
    examples="""
    triggers configs create --name Shop --url-to https://hooks.example.com/triggers --type 'invoice.*'
    triggers configs create --name Ops --channel slack --settings @slack.json --min-severity error
    triggers configs create --name Large --url-to https://hooks.example.com --match 'payload.total > 100'
    """,
    lists={f"Settings of {name}": settings for name, settings in CHANNELS.items()},
)
@click.option("--name", required=True, help="For people.")
@click.option(
    "--channel",
    type=click.Choice([*CHANNELS]),
    default="webhook",
    show_default=True,
)
@click.option("--url-to", metavar="URL", help=f"Where to push to: the `url` of {knowing('url')}.")
@click.option(
    "--settings", metavar="JSON|@FILE|-", help="What the channel needs; keep secrets in a file."
)
@click.option(
    "--type", "event_types", multiple=True, metavar="TYPE", help="Only these; repeatable."
)
@click.option(
    "--min-severity", type=click.Choice(["info", "warning", "error", "critical"]), help="Or graver."
)
@click.option("--acknowledges", is_flag=True, help="A push that succeeds acknowledges the event.")
@expression_options
@policy_options
@pass_session
def create(
    session: Session,
    /,
    name: str,
    channel: str,
    url_to: str | None,
    settings: str | None,
    event_types: tuple[str, ...],
    min_severity: str | None,
    acknowledges: bool,  # noqa: FBT001
    match: object,
    **more: Any,
) -> None:
    """Subscribe. A webhook's signing secret is shown this once."""
    wanted: dict[str, Any] = json_argument("--settings", settings) if settings else {}
    if url_to:
        if "url" in wanted:
            raise click.UsageError("--url-to and --settings give the url twice. Give it once.")
        wanted["url"] = url_to
    filters: dict[str, object] = {"event_types": list(event_types)} if event_types else {}
    if min_severity:
        filters["min_severity"] = min_severity
    filters |= as_members({"match": match})
    made = session.client().notifications.create_config(
        {
            "name": name,
            "channel": channel,
            "settings": wanted,
            "filters": filters,
            "acknowledges": acknowledges,
            **as_members(more),
        }
    )
    if not session.output.is_for_people:
        session.output.line(made)
        return
    session.output.people(configs_table([made]))
    show_secret(session, made.get("secret"))
    show_public_key(session, made.get("public_key"))


@configs.command("delete")
@click.argument("config_id", shell_complete=config_ids)
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_session
def delete(session: Session, config_id: str, yes: bool) -> None:  # noqa: FBT001
    """Push nothing more to a config, and forget its secrets."""
    client = session.client()
    if not yes:
        click.confirm(f"Delete {config_id}?", abort=True, err=True)
    client.notifications.delete_config(config_id)
    if session.output.is_for_people:
        session.output.say(f"Deleted {config_id}.", style="green")
    else:
        session.output.line({"config_id": config_id, "deleted": True})


@configs.command("rotate-secret")
@click.argument("config_id", shell_complete=config_ids)
@pass_session
def rotate_secret(session: Session, config_id: str) -> None:
    """Give a webhook a new signing secret or key; the old one signs too for a day."""
    rotated = session.client().notifications.rotate_secret(config_id)
    if not session.output.is_for_people:
        session.output.line(rotated)
        return
    show_secret(session, rotated.get("secret"))
    show_public_key(session, rotated.get("public_key"))
    until = rotated.get("previous_secret_until")
    if until is not None:
        session.output.say(f"The old one signs too until {until}.", "dim")


@configs.command("test")
@click.argument("config_id", shell_complete=config_ids)
@pass_session
def test(session: Session, config_id: str) -> int:
    """Send a test event now, and tell what the receiver said. Ends with 1 if it refused."""
    said = session.client().notifications.test_config(config_id)
    if session.output.is_for_people:
        verdict = Text("accepted", "green") if said["accepted"] else Text("refused", "red")
        took = said.get("duration_ms")
        rows: list[tuple[str, object]] = [
            ("test", verdict),
            ("status", said.get("status_code")),
            ("error", said.get("error")),
            ("took", None if took is None else f"{took} ms"),
        ]
        session.output.people(fields(rows))
    else:
        session.output.line(said)
    return exit_codes.OK if said["accepted"] else exit_codes.FAILED


def show_secret(session: Session, secret: str | None) -> None:
    """Show a signing secret that the API has told."""
    if secret:
        session.output.people(Text("\nSigning secret, shown this once:", "dim"), secret)


def show_public_key(session: Session, key: str | None) -> None:
    """Show what everybody may verify a config's pushes with."""
    if key:
        session.output.people(Text("\nPublic key, to verify pushes with:", "dim"), key)
