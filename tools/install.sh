#!/bin/sh
# Install into .venv from lock files (hashes required): by uv where it is there, else (or where it fails) by pip.
set -eu
cd "$(dirname "$0")/.."
case "$*" in *-r*) set -- --require-hashes "$@" ;; esac
if [ -x .venv/bin/uv ]; then
    .venv/bin/uv pip install --quiet --system-certs --python .venv/bin/python "$@" && exit
    echo "uv could not install; pip tries." >&2
fi
exec .venv/bin/python -m pip install --quiet --disable-pip-version-check "$@"
