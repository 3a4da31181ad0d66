#!/bin/sh
# Make .venv with what the set-up itself needs. Says what to install where Python cannot make one.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "Python 3.11 or later is needed; '$python' is $("$python" --version 2>/dev/null || echo absent)." >&2
    echo "Install it (Debian 12: apt-get install python3 python3-venv), or name it: make PYTHON=python3.12 ..." >&2
    exit 2
fi
if [ ! -x .venv/bin/python ] && ! "$python" -m venv .venv; then
    rm -rf .venv
    echo "Python cannot make a virtual environment. Install python3-venv (Debian 12: apt-get install python3-venv)." >&2
    exit 2
fi
[ -x .venv/bin/uv ] || tools/install.sh --only-binary=:all: -r requirements/uv.txt ||
    echo "uv has no build for this machine; pip does the work, slower." >&2
tools/install.sh -r requirements/build.txt
