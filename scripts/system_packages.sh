#!/usr/bin/env bash
# What the tests need of the system besides Python: a Chromium, and OpenMP for LightGBM. Debian and Ubuntu.
set -euo pipefail

have_chromium() { command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

command -v apt-get >/dev/null || exit 0
if ! have_chromium; then
  as_root apt-get update -qq && as_root apt-get install -y -qq chromium >/dev/null || echo "chromium cannot be installed; the browser tests will be skipped"
fi
if ! ldconfig -p | grep -q libgomp.so.1; then
  as_root apt-get install -y -qq libgomp1 >/dev/null
fi
