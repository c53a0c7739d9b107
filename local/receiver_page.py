"""The receiver's pages. Whatever they show was sent by others: nothing of it runs."""

import json
from collections.abc import Sequence
from html import escape
from string import Template

from local.received import KEPT, Push

NO_SCRIPTS = "default-src 'none'; style-src 'unsafe-inline'"

_PAGE = Template("""<!doctype html>
<html lang="en">
<meta charset="utf-8">
$refresh
<title>Receiver</title>
<style>
  body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem; color: #222; }
  table { border-collapse: collapse; width: 100%; }
  th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #ddd; }
  th { font-weight: 600; color: #666; }
  pre { background: #f6f6f6; padding: 1rem; overflow-x: auto; white-space: pre-wrap; }
  .failed { color: #b00020; }
  .quiet { color: #666; }
</style>
$content
</html>
""")


def list_page(pushes: Sequence[Push]) -> str:
    """What came, newest first; it reloads itself."""
    rows = "".join(_row(push) for push in pushes)
    empty = "" if pushes else '<p class="quiet">Nothing came yet.</p>'
    return _PAGE.substitute(
        refresh='<meta http-equiv="refresh" content="2">',
        content=f"""<h1>What was pushed here</h1>
<p class="quiet">The last {KEPT}, newest first. Ask a target to fail with
<code>?status=500</code>, <code>?fail_first=3</code>, <code>?retry_after=5</code> or
<code>?delay=20</code>.</p>
<table><tr><th>UTC<th>channel<th>attempt<th>answered<th>what<th>target</tr>{rows}</table>{empty}""",
    )


def push_page(push: Push) -> str:
    """One push as it came."""
    headers = "\n".join(f"{name}: {value}" for name, value in push.headers.items())
    return _PAGE.substitute(
        refresh="",
        content=f"""<p><a href="/">All</a></p>
<h1>{escape(push.channel)}: {escape(push.note)}</h1>
<p class="quiet">{push.at:%H:%M:%S} UTC, attempt {push.attempt}, answered {push.status},
{escape(push.target)}</p>
<pre>{escape(headers)}</pre>
<pre>{escape(_pretty(push.body))}</pre>""",
    )


def _row(push: Push) -> str:
    failed = "" if push.status < 300 else ' class="failed"'  # noqa: PLR2004  # a success
    return f"""<tr><td><a href="/pushes/{push.number}">{push.at:%H:%M:%S}</a>
<td>{escape(push.channel)}<td>{push.attempt}<td{failed}>{push.status}
<td>{escape(push.note)}<td class="quiet">{escape(push.target)}</tr>"""


def _pretty(body: str) -> str:
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body
