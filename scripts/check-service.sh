#!/usr/bin/env bash
# For the release workflow, on a Debian or Ubuntu with a running systemd and dcmtk, as root: installs the server package and
# sees the service start under all its restrictions, receive, show its page to who has the link, restart, come back after a crash, and go again.
# usage: check-service.sh studyport_….deb
set -euo pipefail

package=$(realpath "$1")
[ -d /run/systemd/system ] || { echo 'No systemd runs here: nothing can be checked.' >&2; exit 1; }
work=$(mktemp -d)
finish() {
  local status=$?
  [ "$status" -eq 0 ] || journalctl -u studyport --no-pager --lines 100 || true
  DEBIAN_FRONTEND=noninteractive apt-get purge -y -q studyport >/dev/null || true
  rm -rf "$work"
  exit "$status"
}
trap finish EXIT

# Waits up to half a minute for a command to succeed.
wait_for() {
  for _ in $(seq 60); do
    if "$@" >/dev/null 2>&1; then return; fi
    sleep 0.5
  done
  echo "did not come true: $*" >&2
  return 1
}

# The answer of the page to the door and then to the page itself.
page_opens() {
  local link jar=$work/cookies
  link=$(studyport page-url)
  curl -fsS -L -c "$jar" -b "$jar" "$link" | grep -q '<title>'
}

DEBIAN_FRONTEND=noninteractive apt-get install -y -q "$package"
systemctl is-enabled studyport
wait_for systemctl is-active studyport
wait_for echoscu -aec STUDYPORT 127.0.0.1 11112
wait_for page_opens
[ "$(ps -o user= -p "$(systemctl show -p MainPID --value studyport)")" = studyport ]

# A text file in DICOM's clothing is enough of an object.
printf '(0008,0016) UI 1.2.840.10008.5.1.4.1.1.7\n(0008,0018) UI 1.2.826.0.1.3680043.8.498.1\n(0020,000d) UI 1.2.826.0.1.3680043.8.498.2\n(0020,000e) UI 1.2.826.0.1.3680043.8.498.3\n' >"$work/object.dump"
dump2dcm "$work/object.dump" "$work/object.dcm"
storescu -aec STUDYPORT 127.0.0.1 11112 "$work/object.dcm"
stored=$(find /var/lib/studyport/Studyport -name '*.dcm')
[ "$(stat -c '%U %a' "$stored")" = 'studyport 640' ]

# The token is in no log, and the link stays over a restart.
before=$(studyport page-url)
systemctl restart studyport
wait_for page_opens
[ "$(studyport page-url)" = "$before" ]
if journalctl -u studyport --no-pager | grep -q 'token='; then echo 'the token is in the journal' >&2; exit 1; fi

# It comes back by itself after a crash.
systemctl kill --signal=SIGKILL studyport
wait_for echoscu -aec STUDYPORT 127.0.0.1 11112

DEBIAN_FRONTEND=noninteractive apt-get remove -y -q studyport
if systemctl is-active studyport; then echo 'it still runs' >&2; exit 1; fi
[ -f "$stored" ]
echo 'The service starts, receives, shows its page, restarts and stops.'
