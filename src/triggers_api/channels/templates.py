"""Message templates: a config's own text with `${placeholders}`, and nothing else in it.

No expressions, no formats, no attributes: what can be written is what is in the table. A
template is text, not markup; channels escape it as they escape all texts.
"""

import re
import string
from collections.abc import Mapping
from typing import Final

PLACEHOLDERS: Final[Mapping[str, str]] = {
    "connector": "`metadata.connector`",
    "counts": "how many events of each type its execution has so far",
    "created_at": "when it was posted",
    "entity_type": "`metadata.entity_type`",
    "error_type": "`metadata.error_type`",
    "event_id": "the event's id",
    "event_type": "as it was posted",
    "execution_id": "the producer's job",
    "message": "what happened, from the payload",
    "severity": "info, warning, error or critical",
    "subject": "the headline that is sent without a template",
    "suggested_action": "what to do about it",
}
"""Each placeholder, and what stands for it; empty where an event does not say."""

MAX_TEMPLATE: Final = 2000
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class _Braced(string.Template):
    """Only `${name}` is replaced, and `$$` becomes `$`; any other `$` stays as it is."""

    idpattern = r"(?!)"  # never: `$name` is text
    braceidpattern = r"[^{}]*"


def fault_of_template(template: str) -> str | None:
    """What is wrong with it, as a phrase for people; None if nothing is."""
    if not template.strip():
        return "the template is empty"
    if len(template) > MAX_TEMPLATE:
        return f"a template has at most {MAX_TEMPLATE} characters"
    if _CONTROL.search(template):
        return "a template holds no control characters"
    for found in _Braced.pattern.finditer(template):
        if found["braced"] is not None and found["braced"] not in PLACEHOLDERS:
            known = ", ".join(PLACEHOLDERS)
            return f"'${{{found['braced'][:64]}}}' is no placeholder; there are {known}"
        if found["invalid"] is not None and template[found.end() :].startswith("{"):
            return "a '${' is not closed; write '$${' for the characters themselves"
    return None


def render(template: str, values: Mapping[str, str]) -> str:
    """The text; what stands for a placeholder is never read as a template again."""
    return _Braced(template).safe_substitute(values)
