"""What all commands share: where to, with which key, and how to answer."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeVar

import click

from triggers_client.cli.output import Output
from triggers_client.cli.target import Target, read_key
from triggers_client.client import Client
from triggers_client.retry import Retry

Value = TypeVar("Value")


@dataclass(slots=True)
class Session:
    """One run of the command.

    `repeat_with` is the option and the value that keep a repetition of it from storing anything
    twice, where nothing on the command line does and something may be stored already.
    """

    target: Target = field(default_factory=Target)
    output: Output = field(default_factory=Output)
    repeat_with: tuple[str, str] | None = None

    def client(self, retry: Retry | None = None, *, needs_key: bool = True) -> Client:
        """A client of the API that is meant."""
        return self.target.client(retry, needs_key=needs_key)

    def operators_client(self) -> Client:
        """The same, but in a local run with the operator's key."""
        return self.target.client(for_operator=True)

    def repeatable(self, body: dict[str, object]) -> dict[str, object]:
        """What went wrong, and how to repeat the command if that needs more than its line."""
        if self.repeat_with is None:
            return body
        option, value = self.repeat_with
        advice = (
            f"To repeat the command, add {option} {value} within 24 hours:"
            " what is stored already is not stored again."
        )
        return body | {"message": f"{body['message']} {advice}", "repeat_with": {option: value}}

    def say_interrupted(self) -> None:
        """Say it where a repetition needs to know more than that."""
        if self.repeat_with is not None:
            told: dict[str, object] = {"error": "interrupted", "message": "Interrupted."}
            self.output.fail(self.repeatable(told))


pass_session = click.make_pass_decorator(Session, ensure=True)


def session_of(context: click.Context) -> Session:
    """The run's session: made by whichever option is read first."""
    return context.find_root().ensure_object(Session)


def _kept(keep: Callable[[Session, Any], None]) -> Callable[..., None]:
    """A callback that keeps an option's value in the session, if it was given."""

    def callback(context: click.Context, _parameter: click.Parameter, value: Any) -> None:
        if value is not None and value is not False:
            keep(session_of(context), value)

    return callback


def _url(session: Session, value: str) -> None:
    session.target.url = value


def _key(session: Session, value: str) -> None:
    session.target.api_key = value


def _key_file(session: Session, value: str) -> None:
    session.target.api_key = read_key(value)


def _ask_key(session: Session, _value: bool) -> None:  # noqa: FBT001  # click's way of calling
    session.target.api_key = click.prompt("API key", hide_input=True, err=True)


def _timeout(session: Session, value: float) -> None:
    if value <= 0:
        raise click.UsageError("--timeout: more than 0 seconds.")
    session.target.timeout_seconds = value


def _http(session: Session, value: bool) -> None:  # noqa: FBT001  # click's way of calling
    session.target.allow_http = value


def _json(session: Session, value: bool) -> None:  # noqa: FBT001  # click's way of calling
    session.output.wants_json = value


def shared_options(*, hidden: bool) -> list[click.Option]:
    """Options that may stand before or behind the command's name."""
    return [
        click.Option(
            [name],
            expose_value=False,
            callback=_kept(keep),
            hidden=hidden and name != "--json",
            **how,
        )
        for name, keep, how in _SHARED
    ]


_SHARED: list[tuple[str, Callable[[Session, Any], None], dict[str, Any]]] = [
    ("--url", _url, {"metavar": "URL", "help": "Where the API is.  [$TRIGGERS_URL]"}),
    (
        "--api-key",
        _key,
        {"metavar": "KEY", "help": "The key; others here can see it.  [$TRIGGERS_API_KEY]"},
    ),
    (
        "--api-key-file",
        _key_file,
        {"metavar": "FILE", "help": "Read the key from a file; - is standard input."},
    ),
    ("--ask-key", _ask_key, {"is_flag": True, "help": "Ask for the key."}),
    (
        "--timeout",
        _timeout,
        {"type": click.FLOAT, "metavar": "SECONDS", "help": "How long an answer may take.  [30]"},
    ),
    (
        "--allow-http",
        _http,
        {"is_flag": True, "help": "Send the key without encryption, too."},
    ),
    ("--json", _json, {"is_flag": True, "help": "Answer in JSON, as into a pipe; errors too."}),
]


class _Strict(click.Command):
    """Refuses an option that is given twice, before or behind the command's name.

    Click takes the last one, so what stood before it would be lost in silence.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse them as click does, help first; then look which were given."""
        rest = super().parse_args(ctx, list(args))
        if not ctx.resilient_parsing:
            _, _, order = self.make_parser(ctx).parse_args(list(args))
            _refuse_repeated(ctx, order)
        return rest


def _refuse_repeated(context: click.Context, order: Iterable[click.Parameter]) -> None:
    seen: set[str] = context.meta.setdefault(f"{__name__}.given", set())
    for each in order:
        if not isinstance(each, click.Option) or each.multiple or each.is_flag:
            continue
        if each.opts[0] in seen:
            raise click.UsageError(f"{each.opts[0]} is given twice. Give it once.", context)
        seen.add(each.opts[0])


def once_each(option: str, pairs: Iterable[tuple[str, Value]]) -> dict[str, Value]:
    """The values of a repeatable option by their names; refuses a name that is given twice."""
    values: dict[str, Value] = {}
    for name, value in pairs:
        if name in values:
            raise click.UsageError(f"{option} gives {name} twice. Give it once.")
        values[name] = value
    return values


class Command(_Strict):
    """A command with the shared options; its help shows examples as they are written."""

    def __init__(
        self,
        *args: Any,
        examples: str = "",
        lists: Mapping[str, Mapping[str, str]] | None = None,
        **kwargs: Any,
    ) -> None:
        """`lists` are of words and what they mean, by title."""
        super().__init__(*args, **kwargs)
        self.params += shared_options(hidden=True)
        self.examples = examples
        self.lists = lists or {}

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the lists and the examples below the options."""
        for title, words in self.lists.items():
            with formatter.section(title):
                formatter.write_dl([*words.items()])
        if self.examples:
            with formatter.section("Examples"):
                for line in self.examples.strip().splitlines():
                    formatter.write(f"{'':>{formatter.current_indent}}{line.strip()}\n")
        super().format_epilog(ctx, formatter)


class Group(_Strict, click.Group):
    """A group whose commands have the shared options."""

    command_class = Command
    group_class = type


Offers = Callable[[Client], Iterable[tuple[str, str]]]
"""What the API has to offer for a word: each with what helps to choose."""


def _completing(offers: Offers) -> Callable[[click.Context, click.Parameter, str], list[Any]]:
    """What the shell asks for the rest of a word: it gets an answer at once, or none."""

    def complete(context: click.Context, _param: click.Parameter, typed: str) -> list[Any]:
        from click.shell_completion import CompletionItem  # noqa: PLC0415  # only shells need it

        session = session_of(context)
        session.target.timeout_seconds = 2.0
        try:
            offered = [*offers(session.client(Retry(budget_seconds=0)))]
        except Exception:  # noqa: BLE001  # a shell must not be disturbed
            return []
        return [
            CompletionItem(word, help=words) for word, words in offered if word.startswith(typed)
        ]

    return complete


_OFFERED = 50


def _newest_of_the_inbox(client: Client) -> Iterable[tuple[str, str]]:
    page = client.inbox.page(order="desc", limit=_OFFERED)
    return [] if page is None else [(each["id"], each["event_type"]) for each in page.items]


def _configs(client: Client) -> Iterable[tuple[str, str]]:
    return [(each["id"], each["name"]) for each in client.notifications.configs()]


def _latest_executions(client: Client) -> Iterable[tuple[str, str]]:
    found = islice(client.executions(limit=_OFFERED), _OFFERED)
    return [(each["execution_id"], each["status"]) for each in found]


event_ids = _completing(_newest_of_the_inbox)
config_ids = _completing(_configs)
execution_ids = _completing(_latest_executions)


def given(**options: Value | None) -> dict[str, Value]:
    """Those options that were given."""
    return {name: value for name, value in options.items() if value is not None}
