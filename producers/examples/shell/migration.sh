#!/usr/bin/env bash
# Emits the migration of ../migration.ndjson: migration.sh BROKERS|GATEWAY_URL TASK_ID VM_NAME. Structured mode.
# To brokers (HOST:PORT,...) with kcat, to a gateway (http://...) with curl.
set -euo pipefail
to=$1 task_id=$2 vm_name=$3

event() { # NUMBER STEP: the CloudEvent, on one line
  local id time
  id=$(uuidgen)
  time=$(date -u +%FT%T.%3NZ)
  jq -c --arg id "$id" --arg time "$time" --arg task "$task_id" --arg vm "$vm_name" --arg number "$1" '{
    specversion: "1.0", $id, $time, subject: $task,
    source: "/examples/shell/tasks/\($task)",
    type: "io.godwit.\(.type).v1",
    sequence: ("0" * (20 - ($number | length)) + $number),
    datacontenttype: "application/json",
    data: ({vm_name: $vm, provider: "vsphere", attempt: 1} + .data)
  }' <<<"$2"
}

with_kcat() { # TOPIC EVENT: returns when every replica in sync has it; murmur2 is Java's partitioner
  kcat -P -b "$to" -t "$1" -k "$task_id" -H content-type=application/cloudevents+json \
    -X partitioner=murmur2_random -X enable.idempotence=true <<<"$2"
}

with_curl() { # EVENT: the gateway chooses topic, key and partition, and answers when the broker has it
  curl --silent --show-error --fail-with-body --retry 5 --retry-connrefused --max-time 30 --output /dev/null \
    --header 'content-type: application/cloudevents+json' --data-binary @- "$to/api/v1/events" <<<"$1"
}

number=0
while IFS= read -r step; do
  made=$(event "$number" "$step")
  case $to in
    http://* | https://*) with_curl "$made" ;;
    *) with_kcat "$(jq -r .topic <<<"$step")" "$made" ;;
  esac
  number=$((number + 1))
done <../migration.ndjson
