# The Debian packages of deploy/packages.txt. Source it after say.sh.
# shellcheck shell=bash

PACKAGES_FILE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/packages.txt

packages_of() { # SECTION...
  awk -v wanted=" $* " '
    /^# section: / { on = index(wanted, " " $3 " ") > 0; next }
    on && NF && !/^#/ { print $1 }' "$PACKAGES_FILE"
}

# A package counts as there when an installed one provides it: NodeSource's nodejs is npm too.
packages_missing() { # SECTION...
  local wanted
  mapfile -t wanted < <(packages_of "$@")
  dpkg-query -W -f='${db:Status-Status} ${Package} ${Provides}\n' |
    awk -v wanted="${wanted[*]}" '
      $1 == "installed" { for (i = 2; i <= NF; i++) { sub(/,$/, "", $i); have[$i] = 1 } }
      END { n = split(wanted, all, " "); for (i = 1; i <= n; i++) if (!(all[i] in have)) print all[i] }'
}

# Why apt failed, as one line, read from its log.
apt_reason() { # LOG
  if grep -qaE 'Temporary failure resolving|Could not resolve|Could not connect|Cannot initiate|Connection (refused|timed out|failed)|Network is unreachable' "$1"; then
    echo "the Debian mirror cannot be reached: check the network (or /etc/apt/sources.list) and run this again"
  elif grep -qaiE 'no space left|enough free space' "$1"; then
    echo "the disk is full: free some space under /var and /usr and run this again"
  elif grep -qaE 'Could not get lock|Unable to acquire' "$1"; then
    echo "another apt or dpkg is running: wait for it and run this again"
  elif grep -qa 'Unable to locate package' "$1"; then
    echo "$(grep -aom1 'Unable to locate package.*' "$1"): this needs the Debian 12 (bookworm) main archive"
  else
    echo "apt-get failed: see $1"
  fi
}

# Run as root: directly, or with sudo.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

apt_install() { # PACKAGE...
  local apt=(env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 apt-get -y -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
  as_root "${apt[@]}" update || return
  as_root "${apt[@]}" install --no-install-recommends "$@"
}

# Packages that start a daemon of their own when installed would take our ports: they are only tools to us.
quiet_daemons() { # PACKAGE...
  [ -d /run/systemd/system ] || return 0
  local name
  for name in prometheus prometheus-alertmanager; do
    case " $* " in *" $name "*) as_root systemctl disable --now "$name" >/dev/null 2>&1 || true ;; esac
  done
}

# install_packages LOG SECTION...: installs what is missing, or ends the script with one clear line.
install_packages() {
  local log=$1 missing
  shift
  command -v dpkg-query >/dev/null || die "no dpkg here: this needs Debian 12"
  mapfile -t missing < <(packages_missing "$@")
  if [ "${#missing[@]}" = 0 ]; then return 0; fi
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || die "missing packages (${missing[*]}) and neither root nor sudo: run as root"
    sudo -v </dev/tty 2>/dev/null || sudo -n true 2>/dev/null ||
      die "missing packages (${missing[*]}) and sudo refused: run as root"
  fi
  if ! run_step "installing ${#missing[@]} Debian packages" "$log" apt_install "${missing[@]}"; then
    show_tail "$log"
    die "$(apt_reason "$log")"
  fi
  quiet_daemons "${missing[@]}"
}
