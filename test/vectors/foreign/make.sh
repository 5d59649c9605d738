#!/bin/sh
# Makes the folders beside this script again: each holds a small internet signed by one signer (see README.md).
#   make.sh [FOLDER]
# Needs Debian's bind9-utils, bind9-dnsutils, ldnsutils, knot, knot-dnssecutils, pdns-server, pdns-backend-bind.
# PowerDNS signs only while it serves: it runs on 127.0.0.1, port $PORT, as long as a zone is fetched from it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target=$(mkdir -p "${1:-$here}" && cd "${1:-$here}" && pwd)
PORT=${PORT:-5399}
PATH=$PATH:/usr/sbin:/sbin
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
inception=20200101000000
expiration=20500101000000
# Knot takes a moment and a lifetime.
knot_inception=1577836800
knot_lifetime=10950d

name_of() { case $1 in
  5) echo RSASHA1 ;; 7) echo NSEC3RSASHA1 ;; 8) echo RSASHA256 ;; 10) echo RSASHA512 ;;
  13) echo ECDSAP256SHA256 ;; 14) echo ECDSAP384SHA384 ;; 15) echo ED25519 ;; 16) echo ED448 ;; esac; }

# Each signer: APEX IN OUT DENIAL ALGORITHM DIGEST. Writes OUT, and OUT.ds for the parent.

sign_bind() {
  keys=$(mktemp -d -p "$work")
  bits=; case $5 in 5|7|8|10) bits='-b 1024' ;; esac
  case $4 in nsec) denial= ;; nsec3) denial='-3 AABB -H 1' ;; opt-out) denial='-3 - -H 0 -A' ;; esac
  ksk=$(dnssec-keygen -q -K "$keys" -a "$(name_of "$5")" $bits -f KSK "$1")
  zsk=$(dnssec-keygen -q -K "$keys" -a "$(name_of "$5")" $bits "$1")
  cat "$2" "$keys/$ksk.key" "$keys/$zsk.key" >"$keys/zone"
  dnssec-signzone -q -K "$keys" -d "$keys" -o "$1" -s $inception -e $expiration -O full $denial -f "$3" "$keys/zone" >/dev/null
  digest=$6; case $digest in 1) digest=SHA-1 ;; 2) digest=SHA-256 ;; 4) digest=SHA-384 ;; esac
  dnssec-dsfromkey -a "$digest" "$keys/$ksk.key" >"$3.ds"
}

sign_ldns() {
  keys=$(mktemp -d -p "$work")
  bits=; case $5 in 5|7|8|10) bits='-b 1024' ;; esac
  algorithm=$(name_of "$5"); case $5 in 7) algorithm=RSASHA1-NSEC3-SHA1 ;; esac
  case $4 in nsec) denial= ;; nsec3) denial='-n -s AABB -t 1' ;; opt-out) denial='-n -t 0 -p' ;; esac
  ksk=$(cd "$keys" && ldns-keygen -k -a "$algorithm" $bits "$1")
  zsk=$(cd "$keys" && ldns-keygen -a "$algorithm" $bits "$1")
  (cd "$keys" && ldns-signzone -i $inception -e $expiration $denial -o "$1" -f "$3" "$2" "$zsk" "$ksk")
  # ldns writes an @ in a label as it is, which Knot does not read.
  sed -i 's/\(^\|[[:space:]]\)@\./\1\\064./g' "$3"
  ldns-key2ds -n "-$6" "$keys/$ksk.key" >"$3.ds"
}

sign_knot() {
  keys=$(mktemp -d -p "$work")
  bits=; case $5 in 5|7|8|10) bits='
    ksk-size: 1024
    zsk-size: 1024' ;; esac
  algorithm=$(name_of "$5" | tr A-Z a-z); case $5 in 7) algorithm=rsasha1-nsec3-sha1 ;; esac
  case $4 in
    nsec) denial='nsec3: off' ;;
    nsec3) denial='nsec3: on
    nsec3-iterations: 1
    nsec3-salt-length: 2' ;;
    opt-out) denial='nsec3: on
    nsec3-iterations: 0
    nsec3-salt-length: 0
    nsec3-opt-out: on' ;;
  esac
  mkdir "$keys/db"
  cat >"$keys/conf" <<END
server:
    rundir: "$keys"
database:
    storage: "$keys/db"
policy:
  - id: p
    algorithm: $algorithm$bits
    rrsig-lifetime: $knot_lifetime
    rrsig-refresh: 7d
    zone-max-ttl: 1d
    $denial
zone:
  - domain: "$1"
    file: "$2"
    dnssec-signing: on
    dnssec-policy: p
END
  kzonesign -c "$keys/conf" -t $knot_inception -o "$keys" "$1" 2>"$keys/log" >&2 || { cat "$keys/log"; exit 1; }
  mv "$keys/$(basename "$2")" "$3"
  keymgr -c "$keys/conf" "$1" ds | awk -v d="$6" '$5 == d' >"$3.ds"
  # It has no SHA-1 to offer.
  [ -s "$3.ds" ] || keymgr -c "$keys/conf" "$1" ds | awk '$5 == 2' >"$3.ds"
}

sign_pdns() {
  keys=$(mktemp -d -p "$work")
  bits=; case $5 in 5|7|8|10) bits=1024 ;; esac
  zone=${1%.}; zone=${zone:-.}
  printf 'zone "%s" { type master; file "%s"; };\n' "$zone" "$2" >"$keys/named.conf"
  cat >"$keys/pdns.conf" <<END
launch=bind
bind-config=$keys/named.conf
bind-dnssec-db=$keys/db
daemon=no
guardian=no
local-address=127.0.0.1
local-port=$PORT
socket-dir=$keys
disable-axfr=no
allow-axfr-ips=127.0.0.1
loglevel=3
END
  util="pdnsutil --config-dir=$keys"
  $util create-bind-db "$keys/db" >/dev/null 2>&1
  algorithm=$(name_of "$5" | tr A-Z a-z); case $5 in 7) algorithm=rsasha1-nsec3-sha1 ;; esac
  $util add-zone-key "$zone" ksk active published $bits "$algorithm" >/dev/null 2>&1
  $util add-zone-key "$zone" zsk active published $bits "$algorithm" >/dev/null 2>&1
  case $4 in
    nsec) ;;
    nsec3) $util set-nsec3 "$zone" '1 0 1 aabb' >/dev/null 2>&1 ;;
    opt-out) $util set-nsec3 "$zone" '1 1 0 -' >/dev/null 2>&1 ;;
  esac
  $util export-zone-ds "$zone" 2>/dev/null | awk -v d="$6" '$6 == d { sub(/ ;.*/, ""); print }' >"$3.ds"
  pdns_server --config-dir="$keys" >"$keys/log" 2>&1 &
  server=$!
  tries=0
  until dig @127.0.0.1 -p "$PORT" +time=1 +tries=1 "$1" SOA 2>/dev/null | grep -q NOERROR; do
    tries=$((tries + 1)); [ $tries -lt 100 ] || { cat "$keys/log"; exit 1; }; sleep 0.1
  done
  dig @127.0.0.1 -p "$PORT" +noall +answer +onesoa +nosplit "$1" AXFR | tr -s '\t' ' ' >"$3"
  kill $server; wait $server 2>/dev/null || true
}

# APEX SOURCE: the plain zone, with the DS records of its children.
plain() {
  file="$work/plain.$2"
  printf '$ORIGIN %s\n$TTL 300\n' "$1" >"$file"
  sed "s/@PARENT@/${1#*.}/" "$here/source/$2.zone" >>"$file"
  for ds in "$work"/out/*."$1"zone.ds; do [ -e "$ds" ] && cat "$ds" >>"$file"; done
  echo "$file"
}

# SIGNER TLD DENIAL: its own root, signed by the same signer.
root() {
  printf '$TTL 300\n. SOA ns.%s hostmaster.%s 1 7200 3600 1209600 60\n. NS ns.%s\n. TXT "the root"\n%s NS ns.%s\nns.%s A 127.0.0.1\n' \
    "$2" "$2" "$2" "$2" "$2" "$2" >"$work/plain.root"
  cat "$work/out/$2zone.ds" >>"$work/plain.root"
  "sign_$1" . "$work/plain.root" "$work/out/root.zone" "$3" 13 2
  cat "$work/out/root.zone.ds" >"$work/out/anchor.ds"
}

finish() {
  rm -rf "${target:?}/$1"; mkdir -p "$target/$1"
  cp "$work/out/$1.zone.ds" "$work/$1.ds"
  rm -f "$work"/out/*.zone.ds
  mv "$work"/out/* "$target/$1"
}

# SIGNER DENIAL: everything a proof can be about, and its children.
denial_set() {
  tld="$1-$2."; mkdir -p "$work/out"
  sign_"$1" "signed.$tld" "$(plain "signed.$tld" signed)" "$work/out/signed.${tld}zone" "$2" 13 2
  for child in unsigned deep.cut.under below.signed; do
    cp "$(plain "$child.$tld" unsigned)" "$work/out/$child.${tld}zone"
    sed -i "s/www\.[a-z.]*under\.$tld/www.$tld/" "$work/out/$child.${tld}zone"
  done
  # Signed, and below an unsigned delegation: an island.
  island="island.unsigned.$tld"
  sign_"$1" "$island" "$(plain "$island" tiny)" "$work/out/${island}zone" "$2" 13 2
  rm "$work/out/${island}zone.ds"
  printf 'island NS ns.island\nns.island A 127.0.0.1\n' >>"$work/out/unsigned.${tld}zone"
  sign_"$1" "$tld" "$(plain "$tld" full)" "$work/out/${tld}zone" "$2" 13 2
  root "$1" "$tld" "$2"
  finish "${tld%.}"
}

# SIGNER: a small zone for each algorithm.
algorithm_set() {
  tld="$1-alg."; mkdir -p "$work/out"
  for algorithm in 5 7 8 10 13 14 15 16; do
    denial=nsec; case $algorithm in 7|10|14|16) denial=nsec3 ;; esac
    digest=2; case $algorithm in 5|7) digest=1 ;; 14|16) digest=4 ;; esac
    apex="a$algorithm.$tld"
    sign_"$1" "$apex" "$(plain "$apex" tiny)" "$work/out/${apex}zone" $denial $algorithm $digest
  done
  file="$work/plain.alg"
  printf '$ORIGIN %s\n$TTL 300\n@ SOA ns hostmaster 1 7200 3600 1209600 60\n@ NS ns\nns A 127.0.0.1\n' "$tld" >"$file"
  for algorithm in 5 7 8 10 13 14 15 16; do
    printf 'a%s NS ns.a%s\nns.a%s A 127.0.0.1\n' $algorithm $algorithm $algorithm >>"$file"
  done
  cat "$work"/out/*.zone.ds >>"$file"
  sign_"$1" "$tld" "$file" "$work/out/${tld}zone" nsec 13 2
  root "$1" "$tld" nsec
  finish "${tld%.}"
}

for signer in ${SIGNERS:-bind ldns knot pdns}; do
  for denial in nsec nsec3 opt-out; do denial_set $signer $denial; done
  algorithm_set $signer
done

# One root above all of them.
mkdir -p "$work/out"
printf '$TTL 300\n. SOA ns.nic. hostmaster.nic. 1 7200 3600 1209600 60\n. NS ns.nic.\nns.nic. A 127.0.0.1\n' >"$work/plain.root"
for ds in "$work"/*.ds; do
  tld=$(basename "$ds" .ds)
  printf '%s. NS ns.%s.\nns.%s. A 127.0.0.1\n' "$tld" "$tld" "$tld" >>"$work/plain.root"
  cat "$ds" >>"$work/plain.root"
done
sign_bind . "$work/plain.root" "$work/out/root.zone" nsec 13 2
mv "$work/out/root.zone.ds" "$work/out/anchor.ds"
rm -rf "$target/all"; mv "$work/out" "$target/all"
date -u +%Y-%m-%dT%H:%M:%SZ >"$target/clock"
