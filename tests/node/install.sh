#!/bin/sh
# OneBusAway's client for Node, as locked in package-lock.json. Where it cannot be had its test is skipped and says so.
cd "$(dirname "$0")" || exit 0
command -v npm >/dev/null || exit 0
[ node_modules/.package-lock.json -nt package-lock.json ] && exit 0
npm ci --ignore-scripts --no-audit --no-fund --loglevel=error || echo "npm ci failed in tests/node: the test of onebusaway-sdk is skipped"
exit 0
