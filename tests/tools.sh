#!/bin/sh
# What some tests need beyond Python: installed where we may, otherwise named. Tests that miss one are skipped and say so.
set -u
missing=""
command -v mosquitto >/dev/null || [ -x /usr/sbin/mosquitto ] || missing="$missing mosquitto"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
[ -n "${CHROMIUM:-}" ] || command -v chromium >/dev/null || command -v chromium-browser >/dev/null || missing="$missing chromium"
{ command -v node && command -v npm; } >/dev/null || missing="$missing nodejs npm"
command -v openssl >/dev/null || missing="$missing openssl"
command -v caddy >/dev/null || missing="$missing caddy"
[ -x /usr/sbin/nginx ] || missing="$missing nginx-light"
command -v promtool >/dev/null || missing="$missing prometheus"
command -v systemd-analyze >/dev/null || missing="$missing systemd"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then sudo=""; elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then sudo="sudo -n"; else sudo=none; fi
if [ "$sudo" != none ] && command -v apt-get >/dev/null; then
    echo "Installing what the tests need:$missing"
    # a policy that forbids to start services: the tests start their own
    $sudo env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 sh -c "apt-get -qq update && apt-get -qq install -y --no-install-recommends$missing" \
        >/dev/null 2>&1 && exit 0
fi
echo "Not installed, so the tests that need them are skipped:$missing. Install them with: sudo apt install$missing"
