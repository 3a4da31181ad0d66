#!/bin/sh
# Install the system packages named as arguments where this user may; where not, say exactly what to install.
# Goes on either way: what needs an absent package says so itself.
set -u
missing=
for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
as_root=
[ "$(id -u)" = 0 ] || as_root='sudo -n'
if command -v apt-get >/dev/null && $as_root true 2>/dev/null; then
    echo "Installing system packages:$missing"
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086
    $as_root apt-get update -qq && $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null && exit 0
fi
echo "Not installed:$missing. As root, type: apt-get update && apt-get install -y --no-install-recommends$missing" >&2
echo "(chromium drives the browser tests; fonts-noto-cjk prints Chinese documents.)" >&2
