#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs a Python test on a session bus of its own whose accessibility bus answers. Called by ctest under dbus-run-session.
/usr/libexec/at-spi-bus-launcher --launch-immediately &
tries=0
until dbus-send --session --print-reply --dest=org.a11y.Bus /org/a11y/bus org.a11y.Bus.GetAddress >/dev/null 2>&1; do
  tries=$((tries + 1))
  [ "$tries" -lt 100 ] || { echo "the accessibility bus does not answer" >&2; exit 1; }
  sleep 0.1
done
exec /usr/bin/python3 "$@"
