"""`triggers tenants`: the tenants of a deployment, with an operator's key."""

from collections.abc import Iterable
from typing import Literal, cast

import click
from rich.console import RenderableType
from rich.text import Text

from triggers_client.cli.command import Command, Group, Session, pass_session
from triggers_client.cli.listing import Listing
from triggers_client.cli.output import age, at_and_ago, listed, members, number, printable
from triggers_client.cli.tables import fields, inbox_fields, not_known
from triggers_client.models import InboxStats, Limits, Tenant, TenantNow
from triggers_client.tenants import WantedLimits

_LIMITS = tuple(Limits.__annotations__)


@click.group(cls=Group)
def tenants() -> None:
    """Operators: make, limit, suspend and delete tenants.

    The key is an operator's: set TRIGGERS_URL and TRIGGERS_API_KEY together. With neither, both
    are of the local run whose .local/stack.json is in this directory.
    """


def _read_limits(
    _context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]
) -> WantedLimits | None:
    """What `--limit` says, by name; None if it was not given."""
    wanted: dict[str, int | Literal["default"] | None] = {}
    for text in given:
        name, _, value = text.partition("=")
        if name not in _LIMITS:
            raise click.BadParameter(f"'{name}' is no limit; there are {', '.join(_LIMITS)}.")
        if name in wanted:
            raise click.BadParameter(f"'{name}' is given twice.")
        if value == "default":
            wanted[name] = "default"
        elif value == "none":
            wanted[name] = None
        elif value.isascii() and value.isdigit():
            wanted[name] = int(value)
        else:
            raise click.BadParameter(f"'{value}': give a whole number, none or default.")
    return wanted or None


_limits_option = click.option(
    "--limit",
    "limits",
    callback=_read_limits,
    multiple=True,
    metavar="NAME=NUMBER",
    help="A limit of its own, such as events_per_day=1000; =none, =default; repeatable.",
)
_scopes_option = click.option(
    "--scope", "scopes", multiple=True, required=True, help="What it may do; repeatable."
)


@tenants.command("list", cls=Command, examples="triggers tenants list --prefix shop-")
@click.option("--prefix", help="Only those that are called so at the beginning.")
@pass_session
def list_tenants(session: Session, prefix: str | None) -> None:
    """Show the tenants in the order of their names."""
    found = session.operators_client().tenants.list(prefix)
    if session.output.is_for_people:
        session.output.people(tenants_table(found))
    else:
        session.output.lines(found)


@tenants.command("get", cls=Command)
@click.argument("tenant")
@pass_session
def get(session: Session, tenant: str) -> None:
    """Show a tenant: its limits, what waits for it, what it used today; how its deletion goes."""
    found = session.operators_client().tenants.get(tenant)
    if not session.output.is_for_people:
        session.output.line(found)
        return
    session.output.people(*tenant_fields(found))


@tenants.command("create", cls=Command, examples='triggers tenants create acme --name "Acme, Inc."')
@click.argument("tenant")
@click.option("--name", help="For people.")
@_limits_option
@pass_session
def create(session: Session, tenant: str, name: str | None, limits: WantedLimits | None) -> None:
    """Make a tenant; then make its first key."""
    made = session.operators_client().tenants.create(tenant, name=name, limits=limits)
    _show(session, made, f"Made {tenant}.")


@tenants.command(
    "update", cls=Command, examples="triggers tenants update acme --limit events_per_day=1000"
)
@click.argument("tenant")
@click.option("--name", help="For people.")
@_limits_option
@pass_session
def update(session: Session, tenant: str, name: str | None, limits: WantedLimits | None) -> None:
    """Rename a tenant, change its limits; effective within 60 seconds."""
    if name is None and not limits:
        raise click.UsageError("Nothing to change: give --name or --limit.")
    changed = session.operators_client().tenants.update(tenant, name=name, limits=limits)
    _show(session, changed, f"Changed {tenant}.")


@tenants.command("suspend", cls=Command)
@click.argument("tenant")
@pass_session
def suspend(session: Session, tenant: str) -> None:
    """Refuse a tenant's keys, within 60 seconds; everything is kept."""
    changed = session.operators_client().tenants.suspend(tenant)
    _show(session, changed, f"Suspended {tenant}; its keys stop within 60 seconds.")


@tenants.command("resume", cls=Command)
@click.argument("tenant")
@pass_session
def resume(session: Session, tenant: str) -> None:
    """Let a suspended tenant's keys in again, within 60 seconds."""
    changed = session.operators_client().tenants.resume(tenant)
    _show(session, changed, f"Resumed {tenant}; its keys work within 60 seconds.")


@tenants.command("delete", cls=Command)
@click.argument("tenant")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_session
def delete(session: Session, tenant: str, yes: bool) -> None:  # noqa: FBT001
    """Delete a tenant with everything that it stored. There is no way back."""
    client = session.operators_client()
    if not yes:
        asked = f"Everything of {tenant} goes, for good. Type its name to delete it"
        if click.prompt(asked, err=True) != tenant:
            raise click.UsageError("That is not its name. Nothing was deleted.")
    client.tenants.delete(tenant)
    if session.output.is_for_people:
        words = f"Deleting {tenant}; `triggers tenants get {tenant}` shows how far it is."
        session.output.say(words, style="green")
    else:
        session.output.line({"tenant": tenant, "deleting": True})


@tenants.command("create-key", cls=Command)
@click.argument("tenant")
@click.option("--name", required=True, help="Who or what uses it.")
@_scopes_option
@click.option("--expires-at", help="When it dies, such as 2027-01-31T00:00:00Z.")
@click.option("--allow-ip", "allowed_ips", multiple=True, help="A network or address; repeatable.")
@pass_session
def create_key(
    session: Session,
    tenant: str,
    name: str,
    scopes: tuple[str, ...],
    expires_at: str | None,
    allowed_ips: tuple[str, ...],
) -> None:
    """Make a tenant's first key, or one for a lost one; only this answer shows it."""
    issued = session.operators_client().tenants.create_key(
        tenant, name, scopes, expires_at=expires_at, allowed_ips=allowed_ips or None
    )
    if not session.output.is_for_people:
        session.output.line(issued)
        return
    session.output.say(
        f"Key {printable(issued.get('key_id'))} was made. This is the only time that it is shown:"
    )
    session.output.people(issued["api_key"])


@tenants.command("console-link", cls=Command)
@click.argument("tenant")
@_scopes_option
@click.option(
    "--expires-in",
    "expires_in_seconds",
    type=click.IntRange(1, 86_400),
    default=3600,
    show_default=True,
    metavar="SECONDS",
    help="How long the session lasts.",
)
@pass_session
def console_link(
    session: Session, tenant: str, scopes: tuple[str, ...], expires_in_seconds: int
) -> None:
    """Make a link that signs one browser in to a tenant's console, once."""
    made = session.operators_client().tenants.console_link(
        tenant, scopes, expires_in_seconds=expires_in_seconds
    )
    if not session.output.is_for_people:
        session.output.line(made)
        return
    until = printable(made.get("expires_at"))
    session.output.say(f"Open it within an hour; it works once, and its session ends at {until}:")
    session.output.people(made["url"])


def tenants_table(found: Iterable[Tenant]) -> Listing:
    """Tenants, one on a line."""
    made = Listing("tenant", "name", "state", "age", "own limits")
    for each in found:
        own = each.get("own_limits") or []
        limits = [f"{name}={_shown(each.get('limits'), name)}" for name in own]
        made.add_row(
            Text(printable(each.get("tenant")), "bold"),
            Text(printable(each.get("name"))),
            _state(each),
            Text(age(each.get("created_at")), "dim"),
            Text(listed(limits, " "), "dim"),
        )
    return made


def tenant_fields(found: TenantNow) -> list[RenderableType]:
    """All of one tenant."""
    rows: list[tuple[str, object]] = [
        ("tenant", Text(printable(found.get("tenant")), "bold")),
        ("name", found.get("name")),
        ("state", _state(found)),
        ("created", at_and_ago(found.get("created_at"))),
        *not_known(found, TenantNow),
    ]
    own = found.get("own_limits") or []
    for name in dict.fromkeys([*_LIMITS, *members(found.get("limits")), *own]):
        whose = "" if name in own else "  (the deployment's)"
        rows.append((name.replace("_", " "), _shown(found.get("limits"), name) + whose))
    rows += [
        (f"today: {name.replace('_', ' ')}", number(amount))
        for name, amount in members(found.get("usage_today")).items()
        if name != "date"
    ]
    deleting = members(found.get("deleting"))
    if deleting:
        rows.append(("last removed", deleting.get("progressed_at") or "not begun"))
        removed = members(deleting.get("removed"))
        rows += [(f"removed {kind}", number(amount)) for kind, amount in removed.items()]
    inbox = cast("InboxStats", members(found.get("inbox")))
    return [fields(rows), Text(""), *inbox_fields(inbox)]


def _state(tenant: Tenant | TenantNow) -> Text:
    state = printable(tenant.get("state"))
    return Text(state, "green" if state == "active" else "red")


def _shown(limits: object, name: str) -> str:
    told = members(limits)
    return "none" if told.get(name, "") is None else number(told.get(name))


def _show(session: Session, tenant: Tenant, words: str) -> None:
    if not session.output.is_for_people:
        session.output.line(tenant)
        return
    session.output.say(words, style="green")
    session.output.people(tenants_table([tenant]))
