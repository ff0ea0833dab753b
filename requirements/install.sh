#!/bin/sh
# Makes .venv if need be and installs requirements/$1.txt into it, exactly as locked.
set -eu
name=$1
python=${PYTHON:-python3}

fail() { echo "$1" >&2; exit 1; }

command -v "$python" >/dev/null || fail "Python 3.11 or newer is needed: sudo apt install python3 python3-venv"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "Python 3.11 or newer is needed, $python is $("$python" -V 2>&1). Name another one: PYTHON=python3.12 make run"
"$python" -c 'import venv, ensurepip' 2>/dev/null || fail "Python's venv is missing: sudo apt install python3-venv"

if [ ! -x .venv/bin/python ]; then
    echo "Setting up .venv ..."
    "$python" -m venv .venv
fi
echo "Installing the pinned dependencies (requirements/$name.txt) ..."
pip=".venv/bin/python -m pip --disable-pip-version-check -q"
# uv takes seconds where pip takes half a minute; where it cannot be had, or finds no packages, pip does it.
if { [ -x .venv/bin/uv ] || $pip install --require-hashes -r requirements/bootstrap.txt 2>/dev/null; } &&
    .venv/bin/uv pip install -q --python .venv/bin/python --require-hashes -r "requirements/$name.txt" 2>/dev/null; then
    :
else
    $pip install --require-hashes -r "requirements/$name.txt"
fi
touch ".venv/$name.stamp"
[ "$name" != dev ] || touch .venv/run.stamp
