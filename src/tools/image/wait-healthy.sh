#!/bin/sh
# Waits until every container of compose.yaml is healthy, and shows them: the end of `make up`. Gives up after
# ZURAU_UP_SECONDS (default 180), with the last lines of what is not well.
set -eu
cd "$(dirname "$0")/../../.."
if docker compose version >/dev/null 2>&1; then compose='docker compose'; else compose=docker-compose; fi
until=$(($(date +%s) + ${ZURAU_UP_SECONDS:-180}))
while :; do
  unwell=
  containers=$($compose ps -q)
  for container in $containers; do
    state=$(docker inspect -f '{{.Name}} {{if .State.Health}}{{.State.Health.Status}}{{else}}{{.State.Status}}{{end}}' "$container")
    case $state in
    *' healthy') ;;
    *) unwell="$unwell ${state#/}," ;;
    esac
  done
  if [ -n "$containers" ] && [ -z "$unwell" ]; then break; fi
  if [ "$(date +%s)" -gt "$until" ]; then
    echo "not healthy:${unwell:- there are no containers}" >&2
    $compose logs --tail=20 >&2
    exit 1
  fi
  sleep 1
done
$compose ps
echo
echo 'All of them are healthy. Try:  kcat -b localhost:19092 -L    stop them:  make down'
