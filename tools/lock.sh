#!/bin/sh
# Write the lock files anew: versions and hashes, and no host names. UPGRADE=1 takes the newest versions.
set -eu
cd "$(dirname "$0")/.."
uv=.venv/bin/uv
compile() {
    "$uv" pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate --generate-hashes \
        ${UPGRADE:+--upgrade} "$@"
}
compile pyproject.toml --all-extras -o requirements/dev.txt
compile requirements/build.in -c requirements/dev.txt -o requirements/build.txt
compile requirements/uv.in -c requirements/dev.txt -o requirements/uv.txt
compile requirements/node.in -c requirements/dev.txt -o requirements/node.txt
compile pyproject.toml --extra server --extra cluster -c requirements/dev.txt -o requirements/server.txt
compile pyproject.toml -c requirements/dev.txt -o requirements/base.txt

PATH="$(tools/node.sh):$PATH" npm install --package-lock-only --ignore-scripts >/dev/null
.venv/bin/python - <<'PY'
import json
from pathlib import Path

lock = Path("package-lock.json")
content = json.loads(lock.read_text(encoding="utf-8"))
for package in content["packages"].values():
    package.pop("funding", None)
    package.pop("resolved", None)
lock.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
PY
