"""`configs get`, `update`, `enable`, `disable` and `replay`: one config, as it is and will be."""

from functools import partial
from typing import Any

import click

from triggers_client.cli.arguments import json_argument
from triggers_client.cli.command import Session, config_ids, given, pass_session
from triggers_client.cli.configs import configs, show_secret
from triggers_client.cli.expressions import expression_options
from triggers_client.cli.policy import as_members, policy_options
from triggers_client.cli.replay import replay_all
from triggers_client.cli.tables import config_fields
from triggers_client.cli.times import A_TIME, moment
from triggers_client.models import Config

__all__ = ["configs"]  # with these commands

_ANY = "any"


def _show(session: Session, config: Config) -> None:
    if session.output.is_for_people:
        session.output.people(*config_fields(config))
        show_secret(session, config.get("secret"))
    else:
        session.output.line(config)


@configs.command("get", examples="triggers configs get cfg_d6d7a6a6664f8e4f1795bc1f")
@click.argument("config_id", shell_complete=config_ids)
@pass_session
def get(session: Session, config_id: str) -> None:
    """Show one config as it is now, without its secrets."""
    _show(session, session.client().notifications.get_config(config_id))


@configs.command(
    "update",
    examples="""
    triggers configs update cfg_d6d7a6a6664f8e4f1795bc1f --name Shop --min-severity error
    triggers configs update cfg_d6d7a6a6664f8e4f1795bc1f --settings '{"bearer_token": null}'
    triggers configs update cfg_d6d7a6a6664f8e4f1795bc1f --match any --transform @body.cel
    triggers configs update cfg_d6d7a6a6664f8e4f1795bc1f --patch '{"filters": null}'
    """,
)
@click.argument("config_id", shell_complete=config_ids)
@click.option("--name", help="For people.")
@click.option("--url-to", metavar="URL", help="Where to push to.")
@click.option(
    "--settings", metavar="JSON|@FILE|-", help="Those that change; null brings back a default."
)
@click.option(
    "--type", "event_types", multiple=True, metavar="TYPE", help="Only these; repeatable."
)
@click.option(
    "--min-severity",
    type=click.Choice(["info", "warning", "error", "critical", _ANY]),
    help="Or graver.",
)
@click.option(
    "--acknowledges/--no-acknowledges",
    default=None,
    help="Whether a push that succeeds acknowledges the event.",
)
@expression_options
@policy_options
@click.option("--patch", metavar="JSON|@FILE|-", help="Any members, as a JSON merge patch.")
@pass_session
def update(
    session: Session,
    /,
    config_id: str,
    settings: str | None,
    url_to: str | None,
    event_types: tuple[str, ...],
    min_severity: str | None,
    patch: str | None,
    match: object,
    **members: Any,
) -> None:
    """Change some of a config; what is not named stays, its secrets too."""
    change: dict[str, Any] = as_members(members)
    if settings or url_to:
        change["settings"] = json_argument("--settings", settings) if settings else {}
        change["settings"] |= {"url": url_to} if url_to else {}
    filters: dict[str, Any] = {"event_types": list(event_types)} if event_types else {}
    if min_severity:
        filters["min_severity"] = None if min_severity == _ANY else min_severity
    filters |= as_members({"match": match})
    change |= {"filters": filters} if filters else {}
    if patch is not None:
        if change:
            raise click.UsageError("--patch says all of it: give no other option.")
        change = json_argument("--patch", patch)
    if not change:
        raise click.UsageError("What is to change? Give at least one option.")
    _show(session, session.client().notifications.update_config(config_id, change))


@configs.command("enable")
@click.argument("config_id", shell_complete=config_ids)
@pass_session
def enable(session: Session, config_id: str) -> None:
    """Push to a config again; `configs replay` pushes what it missed."""
    _show(session, session.client().notifications.enable_config(config_id))


@configs.command("disable")
@click.argument("config_id", shell_complete=config_ids)
@pass_session
def disable(session: Session, config_id: str) -> None:
    """Push nothing to a config for now; what is under way to it is dropped."""
    _show(session, session.client().notifications.disable_config(config_id))


@configs.command(
    "replay", examples="triggers configs replay cfg_d6d7a6a6664f8e4f1795bc1f --since 2d --dry-run"
)
@click.argument("config_id", shell_complete=config_ids)
@click.option(
    "--since", type=moment, metavar="TIME", help=f"Events created then or later: {A_TIME}."
)
@click.option("--until", type=moment, metavar="TIME", help="Events created before then.")
@click.option("--dry-run", is_flag=True, help="Count them, push none.")
@pass_session
def replay(session: Session, /, config_id: str, dry_run: bool, **query: Any) -> int:  # noqa: FBT001
    """Push what a config wants and never got, to it alone, oldest first."""
    notifications = session.client().notifications
    ask = partial(notifications.replay_config, config_id, dry_run=dry_run, **given(**query))
    return replay_all(session, "missed events", ask, dry_run=dry_run)
