#!/bin/sh
# Install into .venv from lock files (hashes required): by uv where it is there, else by pip.
set -eu
cd "$(dirname "$0")/.."
case "$*" in *-r*) set -- --require-hashes "$@" ;; esac
if [ -x .venv/bin/uv ]; then
    exec .venv/bin/uv pip install --quiet --python .venv/bin/python "$@"
fi
exec .venv/bin/python -m pip install --quiet --disable-pip-version-check "$@"
