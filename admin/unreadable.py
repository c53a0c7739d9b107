"""An item that nobody can read: show its form, save and delete it, or put a saved one back.

A line `item.unreadable` names its key: the partition key and, if there is one, the sort key. All
else goes on without the item, but whoever meets it says so again, and the alarm stays up. Shown
are names and sizes of what it holds, no content; the file has all of it, so keep it well.
"""

import argparse
import base64
import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from admin import target
from triggers_api.store import items
from triggers_api.timestamps import now, to_text

Item = dict[str, Any]


def main(arguments: Sequence[str] | None = None, on: target.Target | None = None) -> None:
    """Work on the deployment that the options name if none is given."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if (options.put_back is None) == (not options.key) or (options.delete and not options.save):
        parser.error("give a key, with --save to --delete it, or a file to --put-back")
    found = on or target.find(options)
    try:
        if options.put_back is not None:
            _put_back(found, options.put_back)
        else:
            _work_on(found, options)
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"The tables of {found.place} cannot be used: {error}")


def _work_on(found: target.Target, options: argparse.Namespace) -> None:
    for table in _tables(found):
        names = _key_names(found, table)
        if len(names) != len(options.key):
            continue
        key = {name: {"S": text} for name, text in zip(names, options.key, strict=True)}
        item = found.dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")
        if item is not None:
            _show(table, item)
            if options.save is not None:
                _save(options.save, table, item)
            if options.delete:
                _delete(found, table, item, key, options.save)
            return
    sys.exit(f"No table of {found.place} has such an item.")


def _delete(found: target.Target, table: str, saved: Item, key: Item, file: Path) -> None:
    """What is deleted is what the file has, also if somebody wrote it meanwhile."""
    answer = found.dynamodb.delete_item(TableName=table, Key=key, ReturnValues="ALL_OLD")
    deleted = answer.get("Attributes", saved)
    if deleted != saved:
        newer = file.with_name(f"{file.name}.newer")
        _save(newer, table, deleted)
        newer.replace(file)
    sys.stderr.write(f"Deleted. To have it back: --put-back {file}\n")


def _put_back(found: target.Target, file: Path) -> None:
    try:
        saved = json.loads(file.read_text(), object_hook=_from_json)
        table, item = saved["table"], _told_before(saved["item"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        sys.exit(f"{file} holds no item that was saved.")
    if table not in _tables(found):
        sys.exit(f"{file} is of a table that {found.place} does not have: {table}.")
    names = _key_names(found, table)
    try:
        found.dynamodb.put_item(
            TableName=table,
            Item=item,
            ConditionExpression=f"attribute_not_exists({names[0]})",
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        sys.exit("There is such an item again: it was left as it is.")
    sys.stderr.write("It is back.\n")


def _told_before(item: Item) -> Item:
    """As whoever reads the tables' streams pushes and counts it no more: see ADR 0059."""
    item = {name: value for name, value in item.items() if name not in items.IS_NEW}
    is_delivery = "attempt_count" in item
    return item | ({items.RESTORED_AT: {"S": to_text(now())}} if is_delivery else {})


def _show(table: str, item: Item) -> None:
    sys.stdout.write(f"table {table}\n")
    for name, value in sorted(item.items()):
        ((kind, said),) = value.items()
        size = len(said) if isinstance(said, str | bytes | list | dict) else 1
        sys.stdout.write(f"{name} {kind} {size}\n")


def _save(file: Path, table: str, item: Item) -> None:
    text = json.dumps({"table": table, "item": item}, default=_to_json, indent=1)
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
            opened.write(text + "\n")
    except OSError as error:
        sys.exit(f"{file} cannot be written: {error.strerror}.")


def _to_json(binary: bytes) -> Item:
    return {"base64": base64.b64encode(binary).decode()}


def _from_json(said: Item) -> Any:
    # What an attribute of that name holds is never a text: it says its type first.
    is_binary = said.keys() == {"base64"} and isinstance(said["base64"], str)
    return base64.b64decode(said["base64"]) if is_binary else said


def _tables(found: target.Target) -> Iterator[str]:
    outputs = {} if found.stack is None else found.stack.outputs
    named = [name for output, name in outputs.items() if output.endswith("TableName")]
    yield from dict.fromkeys([found.events_table, found.keys_table, *named])


def _key_names(found: target.Target, table: str) -> list[str]:
    schema = found.dynamodb.describe_table(TableName=table)["Table"]["KeySchema"]
    return [each["AttributeName"] for each in schema]  # the partition key is the first


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make unreadable ARGS=…", description=__doc__)
    parser.add_argument(
        "key", nargs="*", metavar="KEY", help="as the line names it: one or two texts"
    )
    parser.add_argument("--save", type=Path, metavar="FILE", help="write it to a new file")
    parser.add_argument("--delete", action="store_true", help="delete it, after --save")
    parser.add_argument(
        "--put-back", type=Path, metavar="FILE", help="write a saved one, as it was or mended"
    )
    target.add_arguments(parser)
    return parser


if __name__ == "__main__":
    main()
