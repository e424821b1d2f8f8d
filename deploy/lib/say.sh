# Telling the user what happens: lines, errors, long steps. Source it.
# A long step shows one live line on a terminal, and a line every 15 s elsewhere.

# shellcheck shell=bash
say() { printf '%s\n' "$*"; }
warn() { printf 'warning: %s\n' "$*" >&2; }

# die MESSAGE [STATUS]: one line, then exit.
die() {
  printf 'error: %s\n' "$1" >&2
  exit "${2:-1}"
}

# usage_error MESSAGE: a wrong option; the caller's name and the way out, on one line.
usage_error() { die "$1 (see $(basename "$0") --help)" 2; }

show_tail() { # FILE [LINES]
  [ -s "$1" ] || return 0
  printf -- '--- last lines of %s\n' "$1" >&2
  tail -n "${2:-15}" -- "$1" >&2
  printf -- '---\n' >&2
}

TICKER_PID=""

last_line() { # FILE
  tail -c 2000 -- "$1" 2>/dev/null | tr '\r\t' '\n ' | grep -a . | tail -n 1 | tr -cd '[:print:]' || true
}

# Runs beside a step and dies with the script: $1 title, $2 the log whose last line tells how far it is.
ticker() {
  local start=$SECONDS line width never fifo
  # Nothing is ever written here: reading it is a pause without a child process to leave behind.
  fifo=$(mktemp -u) && mkfifo -m 600 "$fifo" && exec {never}<>"$fifo" && rm -f -- "$fifo"
  while kill -0 "$$" 2>/dev/null; do
    if [ -t 1 ]; then
      width=$(($(tput cols 2>/dev/null || echo 80) - 1))
      line="  $1  $((SECONDS - start)) s  $(last_line "$2")"
      printf '\r\033[K%s' "${line:0:$width}"
      read -rt 0.3 -u "$never" line || true
    else
      read -rt 15 -u "$never" line || true
      line="  $1  $((SECONDS - start)) s  $(last_line "$2")"
      printf '%s\n' "${line:0:110}"
    fi
  done
}

step_begin() { # TITLE LOG
  STEP_TITLE=$1
  STEP_START=$SECONDS
  ticker "$1" "$2" 9>&- &
  TICKER_PID=$!
  disown "$TICKER_PID"
}

step_stop_ticker() {
  [ -n "$TICKER_PID" ] || return 0
  kill "$TICKER_PID" 2>/dev/null || true
  TICKER_PID=""
  if [ -t 1 ]; then printf '\r\033[K'; fi
}

step_end() {
  step_stop_ticker
  printf '  %s  %s s\n' "$STEP_TITLE" "$((SECONDS - STEP_START))"
}

# run_step TITLE LOG COMMAND...: the command's output goes to LOG; its status is returned.
run_step() {
  local title=$1 log=$2 status=0
  shift 2
  : >"$log"
  step_begin "$title" "$log"
  "$@" >>"$log" 2>&1 </dev/null 9>&- || status=$?
  if [ "$status" = 0 ]; then step_end; else step_stop_ticker; fi
  return "$status"
}
