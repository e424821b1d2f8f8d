# Programs that run on: started detached with a pid file, recognised by their command line, stopped by pid.
# Source it. A pid file holds one number, written by the process itself before it becomes the program, so no
# crash of the starter leaves a program without one. A pid is believed only if its command line has the expected
# arguments: after a reboot the same number may belong to somebody else.
# shellcheck shell=bash

# start_process PID_FILE LOG COMMAND...: returns at once.
start_process() {
  local pid_file=$1 log=$2
  shift 2
  # shellcheck disable=SC2016  # expanded by the inner shell
  setsid nohup bash -c 'echo $$ >"$0.new" && mv "$0.new" "$0" && exec "$@"' "$pid_file" "$@" \
    >>"$log" 2>&1 </dev/null 7>&- 9>&- &
  disown "$!"
  wait_for 50 0.05 test -s "$pid_file"
}

# process_of PID_FILE ARGUMENT...: prints the pid if it runs and has all these arguments; else status 1.
process_of() {
  local pid arguments argument
  read -r pid 2>/dev/null <"$1" || return 1
  case $pid in '' | *[!0-9]*) return 1 ;; esac
  shift
  arguments=$(tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline") || return 1
  for argument in "$@"; do
    grep -qxF -e "$argument" <<<"$arguments" || return 1
  done
  echo "$pid"
}

# stop_process PID_FILE GRACE_S ARGUMENT...: SIGTERM, and SIGKILL after GRACE_S. Status 1 if it cannot be stopped.
stop_process() {
  local pid_file=$1 grace_s=$2 pid
  shift 2
  if pid=$(process_of "$pid_file" "$@"); then
    kill -TERM "$pid" 2>/dev/null || [ ! -d "/proc/$pid" ] || return 1
    if ! wait_for $((grace_s * 10)) 0.1 process_gone "$pid_file" "$@"; then
      kill -KILL "$pid" 2>/dev/null || true
      wait_for 100 0.1 process_gone "$pid_file" "$@" || return 1
    fi
  fi
  rm -f -- "$pid_file"
}

process_gone() { ! process_of "$@" >/dev/null; }

# wait_for TRIES PAUSE_S COMMAND...: until the command succeeds; status 1 if it never did.
wait_for() {
  local tries=$1 pause_s=$2
  shift 2
  while ! "$@"; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || return 1
    sleep "$pause_s"
  done
}

# port_holder PORT: who listens where 127.0.0.1:PORT would, as "NAME (pid N)"; status 1 if nobody.
port_holder() {
  local line
  line=$(ss -H -ltnp "sport = :$1" | awk '$4 ~ /^(127\.|0\.0\.0\.0:|\*:|\[::\]:|\[::ffff:127\.)/' | head -n 1)
  [ -n "$line" ] || return 1
  if [[ $line =~ \(\(\"([^\"]+)\",pid=([0-9]+) ]]; then
    echo "${BASH_REMATCH[1]} (pid ${BASH_REMATCH[2]})"
  else
    echo "a program of another user (root sees which: ss -ltnp)"
  fi
}

# free_mib DIR: free space where DIR is or will be.
free_mib() {
  local dir=$1
  while [ ! -d "$dir" ]; do dir=$(dirname "$dir"); done
  df -Pm -- "$dir" | awk 'NR == 2 { print $4 }'
}
