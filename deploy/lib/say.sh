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

# Runs beside a step until something can be read from fd 7. $1 title, $2 the log whose last line tells how far it is.
# It is told to end and never killed: a signal just after the fork would run the script's own traps in here.
ticker() {
  local start=$SECONDS line width pause_s=15
  if [ -t 1 ]; then pause_s=0.3; fi
  until read -rt "$pause_s" -u 7 line || ! kill -0 "$$" 2>/dev/null; do
    line="  $1  $((SECONDS - start)) s  $(last_line "$2")"
    if [ -t 1 ]; then
      width=$(($(tput cols 2>/dev/null || echo 80) - 1))
      printf '\r\033[K%s' "${line:0:$width}"
    else
      printf '%s\n' "${line:0:110}"
    fi
  done
}

step_begin() { # TITLE LOG
  local fifo
  STEP_TITLE=$1
  STEP_START=$SECONDS
  fifo=$(mktemp -u) && mkfifo -m 600 "$fifo" && exec 7<>"$fifo" && rm -f -- "$fifo"
  if [ -t 1 ]; then printf '  %s' "$1"; fi
  ticker "$1" "$2" 9>&- &
  TICKER_PID=$!
}

step_stop_ticker() {
  [ -n "$TICKER_PID" ] || return 0
  echo end >&7
  wait "$TICKER_PID" || true
  TICKER_PID=""
  exec 7>&-
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
  "$@" >>"$log" 2>&1 </dev/null 7>&- 9>&- || status=$?
  if [ "$status" = 0 ]; then step_end; else step_stop_ticker; fi
  return "$status"
}
