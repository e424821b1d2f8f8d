# What runs in a deployment, where, and how to recognise it: shared by up, down and status. Source it after process.sh.
# Under the home: run/NAME.pid, log/NAME.log, data/ (the consumers' stores), kafka/, run/brokers (the cluster in use).
# shellcheck shell=bash

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=$ROOT/build/deploy
BIN=${GODWIT_BIN_DIR:-$BUILD/bin}
KAFKA_PORT=9092
KAFKA_CONTROLLER_PORT=9093

# In the order they start; down stops them in the reverse order, so whoever writes ends after whoever reads.
PROGRAMS=(gateway progress metrics audit webhooks dashboard)
# deploy/up --prometheus. Not their usual ports: 9090 is godwit-metrics, 9093 Kafka's controller.
WATCHERS=(alertmanager prometheus)
declare -A PORT_OF=([prometheus]=9095 [alertmanager]=9096 [gateway]=8084 [progress]=8080 [metrics]=9090 [audit]=8082 [webhooks]=8083 [dashboard]=8081)

set_home() { # DIR
  mkdir -p -- "$1" 2>/dev/null || die "cannot make $1: choose another --home"
  HOME_DIR=$(cd "$1" && pwd)
  # The paths go into property files and command lines, one per line.
  case $HOME_DIR in *[[:space:]\|\&\\]*) die "--home must not contain spaces, |, & or backslashes: $HOME_DIR" 2 ;; esac
  RUN=$HOME_DIR/run LOG=$HOME_DIR/log DATA=$HOME_DIR/data
}

# pid_of NAME: prints the pid when it runs for this home; else status 1.
pid_of() {
  case $1 in
    kafka) process_of "$HOME_DIR/kafka/kafka.pid" "$HOME_DIR/kafka/server.properties" ;;
    receiver) process_of "$RUN/receiver.pid" "$HOME_DIR/received" ;;
    prometheus) process_of "$RUN/prometheus.pid" "--storage.tsdb.path=$HOME_DIR/prometheus" ;;
    alertmanager) process_of "$RUN/alertmanager.pid" "--storage.path=$HOME_DIR/alertmanager" ;;
    *) process_of "$RUN/$1.pid" "$BIN/godwit-$1" "$DATA" ;;
  esac
}

runs() { pid_of "$1" >/dev/null; }

# stop NAME: stops it and says so; harmless when it does not run.
stop() {
  local pid
  pid=$(pid_of "$1") || return 0
  case $1 in
    kafka) "$ROOT/deploy/kafka/stop" --home "$HOME_DIR/kafka" >/dev/null || return 1 ;;
    receiver) stop_process "$RUN/receiver.pid" 5 "$HOME_DIR/received" || return 1 ;;
    prometheus) stop_process "$RUN/prometheus.pid" 20 "--storage.tsdb.path=$HOME_DIR/prometheus" || return 1 ;;
    alertmanager) stop_process "$RUN/alertmanager.pid" 10 "--storage.path=$HOME_DIR/alertmanager" || return 1 ;;
    *) stop_process "$RUN/$1.pid" 20 "$BIN/godwit-$1" "$DATA" || return 1 ;;
  esac
  say "  stopped $1 (pid $pid)"
}

# ready NAME: sets REASON to what /readyz says; status 0 when it is ready.
ready() {
  local answer status path=/readyz
  case $1 in prometheus | alertmanager) path=/-/ready ;; esac
  answer=$(curl -s --noproxy '*' --max-time 2 -w '\n%{http_code}' "http://127.0.0.1:${PORT_OF[$1]}$path" || true)
  status=${answer##*$'\n'}
  REASON=$(tr -s '\r\n\t ' ' ' <<<"${answer%$'\n'*}" | cut -c 1-300)
  if [ "$status" = 000 ]; then REASON="does not answer"; fi
  [ "$status" = 200 ]
}

# Only one up or down at a time works on a home.
lock_home() {
  mkdir -p "$RUN" "$LOG" "$DATA"
  exec 9>"$RUN/lock"
  flock -n 9 || die "another up or down works on $HOME_DIR: wait for it to end"
}
