#!/bin/sh
# What is missing up to now is made before the daemon starts, which goes on from there, and after a failure, too.
set -u
for attempt in 1 2 3; do
    energy forecast && exit 0
    echo "attempt $attempt failed" >&2
    sleep 20
done
echo "no forecast could be made yet; the daemon goes on trying" >&2
