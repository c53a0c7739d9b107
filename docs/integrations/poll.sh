#!/usr/bin/env bash
# Empties the inbox: leases events, hands each as one line of JSON to a command's standard input,
# and acknowledges those for which the command succeeds. Any number of machines may run it at once.
#
#   TRIGGERS_URL=https://… TRIGGERS_KEY=trg_… poll.sh command [argument …]
#
# What fails comes back when its lease ends, to whoever asks next. Exit code: 1 if anything failed.
set -euo pipefail
: "${TRIGGERS_URL:?}" "${TRIGGERS_KEY:?}" "${1:?a command is missing}"
seconds=${TRIGGERS_LEASE_SECONDS:-300} # longer than the work on ten events takes

post() { # path, body. The key goes in by a file: arguments can be seen by everybody on the machine.
  curl --silent --show-error --fail --max-time 30 --retry 5 --request POST "$TRIGGERS_URL$1" \
    --config <(printf 'header = "Authorization: Bearer %s"\n' "$TRIGGERS_KEY") \
    --header 'Content-Type: application/json' --data "$2"
}

failed=0
while events=$(post /inbox/lease "{\"limit\": 10, \"lease_seconds\": $seconds}" | jq -c '.events[]') &&
  [ -n "$events" ]; do
  while IFS= read -r event <&3; do
    id=$(jq -r .id <<<"$event")
    if "$@" <<<"$event"; then
      post "/events/$id/acknowledge" ''
    else
      echo "$id failed: it comes back within $seconds seconds" >&2
      failed=1
    fi
  done 3<<<"$events"
done
exit "$failed"
