#!/bin/sh
# Writes the lock files anew. They name versions and hashes, and no place to download from.
set -eu
for name in bootstrap run dev; do
    .venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
        --no-emit-index-url --upgrade "requirements/$name.in" -o "requirements/$name.txt"
done
