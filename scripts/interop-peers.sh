#!/usr/bin/env bash
# Makes the programs of the interop tests ready on Debian 12, as root. The packages of test/interop/debian-packages are
# installed, none of their services is started. Those of test/interop/debian-unpacked cannot be: Debian's mail servers
# exclude one another, and OpenSMTPD comes from the next release, as that of Debian 12 fails every TLS handshake. They
# are unpacked below .peers, or below the folder that DANELAW_PEERS names, one folder for each release.
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
peers=${DANELAW_PEERS:-$here/.peers}
work=$(mktemp -d)
policy=/usr/sbin/policy-rc.d
made_policy=
trap 'rm -rf "$work"; [ -z "$made_policy" ] || rm -f "$policy"' EXIT
export DEBIAN_FRONTEND=noninteractive

install_missing() {
  local missing=() package
  while read -r package; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done <"$here/test/interop/debian-packages"
  [ ${#missing[@]} -eq 0 ] && return 0
  if [ ! -e "$policy" ]; then
    made_policy=yes
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
  fi
  apt-get update -q
  apt-get install -y -q --no-install-recommends "${missing[@]}"
}

# Where this machine has its own packages from.
archive() {
  apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' 'Component: main' |
    sed -n 's/^bookworm //p' | head -n 1
}

# apt with the lists of one release alone, which the machine's own apt does not see.
apt_of() {
  local release=$1
  shift
  apt-get -q -o Dir::Etc::sourcelist="$work/$release/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::State="$work/$release" -o Dir::State::status=/dev/null -o Dir::Cache="$work/$release/cache" \
    -o APT::Sandbox::User=root "$@"
}

unpack() {
  local release=$1 packages
  mapfile -t packages < <(sed -n "s/^$release //p" "$here/test/interop/debian-unpacked")
  local list="${packages[*]}"
  [ "$(cat "$peers/$release/.packages" 2>/dev/null)" = "$list" ] && return 0
  local uri
  uri=$(archive)
  [ -n "$uri" ] || { apt-get update -q && uri=$(archive); }
  [ -n "$uri" ] || { echo 'no package archive of Debian 12 (bookworm) among the sources of apt' >&2; exit 1; }
  mkdir -p "$work/$release"/{lists/partial,cache/archives/partial,debs} "$peers"
  printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$uri" "$release" \
    >"$work/$release/sources.list"
  apt_of "$release" update
  (cd "$work/$release/debs" && apt_of "$release" download "${packages[@]}")
  rm -rf "${peers:?}/$release"
  local package
  for package in "$work/$release/debs"/*.deb; do dpkg -x "$package" "$peers/$release"; done
  printf '%s\n' "$list" >"$peers/$release/.packages"
}

install_missing
for release in $(cut -d' ' -f1 "$here/test/interop/debian-unpacked" | sort -u); do unpack "$release"; done
