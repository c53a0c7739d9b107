#!/usr/bin/env bash
# Empties the inbox: leases an event, hands it as one line of JSON to a command's standard input,
# and acknowledges it if the command succeeds. Any number of machines may run it at once.
#
#   TRIGGERS_URL=https://… TRIGGERS_KEY=trg_… poll.sh command [argument …]
#
# What fails comes back when its lease ends, to whoever asks next. Exit code: 0 if the inbox was
# emptied, 1 if anything failed, with a line about it on standard error.
set -euo pipefail
: "${TRIGGERS_URL:?}" "${TRIGGERS_KEY:?}" "${1:?a command is missing}"
seconds=${TRIGGERS_LEASE_SECONDS:-300} # longer than the work on one event takes

post() { # path, body, options. The key goes in by a file: everybody on the machine sees arguments.
  curl --silent --show-error --max-time 30 --retry 5 --request POST "$TRIGGERS_URL$1" "${@:3}" \
    --config <(printf 'header = "Authorization: Bearer %s"\n' "$TRIGGERS_KEY") \
    --header 'Content-Type: application/json' --data "$2"
}

failed=0
while answer=$(post /inbox/lease "{\"limit\": 1, \"lease_seconds\": $seconds}" --fail) || exit 1; do
  # Cut out rather than parsed: jq before 1.7 writes 31.80 as 31.8.
  event=${answer#*\"events\":[} event=${event%]\}}
  case $answer in
    '{"lease_id":null,'*'"events":[]}') exit "$failed" ;;
    '{"lease_id":"'*'"events":[{"id":"'*'}]}') id=$(cut -d'"' -f4 <<<"$event") ;;
    *) echo "$TRIGGERS_URL does not answer as the Triggers API does" >&2 && exit 1 ;;
  esac
  if ! "$@" <<<"$event"; then
    echo "$id failed: it comes back within $seconds seconds" >&2
    failed=1
    continue
  fi
  status=$(post "/events/$id/acknowledge" '' --output /dev/null --write-out '%{http_code}') || true
  case $status in
    204) ;;
    404 | 410) echo "$id was erased meanwhile: it does not come back" >&2 ;;
    *) echo "$id is done, but could not be acknowledged ($status): it may come back" >&2 && failed=1 ;;
  esac
done
