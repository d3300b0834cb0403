#!/bin/sh
# fetch.sh PINS CACHE: every archive that PINS names, checked by SHA-256, in CACHE.
# Looked for in CACHE, in FIFOQ_MIRROR (a URL or a folder), in the pools that this machine's own
# package sources name, and on each project's release page.
set -eu
pins=$1 cache=$2

have() { command -v "$1" >/dev/null 2>&1; }

sha256() {
    if have sha256sum; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

copy() { # URL-or-path, file
    case $1 in
    http://* | https://* | file://*)
        if have curl; then curl -fsSL --connect-timeout 10 --retry 1 -o "$2" "$1"
        elif have wget; then wget -q -T 20 -O "$2" "$1"
        else return 1; fi ;;
    *) cp "$1" "$2" ;;
    esac 2>/dev/null
}

escaped() { # as it must stand in a URL
    printf %s "$1" | sed 's/%/%25/g; s/~/%7e/g; s/+/%2b/g'
}

pools() { # where this machine installs its packages from
    have apt-get || return 0
    # shellcheck disable=SC2016 # apt's own variable
    apt-get indextargets --format '$(SITE)' 2>/dev/null | sort -u |
        sed 's#/*$##; s#.*#&/pool/main\n&/pool/updates/main#'
}

places() { # archive, pool folder, release page: one candidate a line
    if [ -n "${FIFOQ_MIRROR:-}" ]; then
        case $FIFOQ_MIRROR in *://*) name=$(escaped "$1") ;; *) name=$1 ;; esac
        echo "$FIFOQ_MIRROR/$name"
        echo "$FIFOQ_MIRROR/pool/main/$2/$name"
    fi
    for p in $POOLS; do echo "$p/$2/$(escaped "$1")"; done
    echo "$3"
}

get() { # name, archive, sha256, pool folder, release page
    if [ -f "$cache/$2" ] && [ "$(sha256 "$cache/$2")" = "$3" ]; then return 0; fi
    echo "fetching $2" >&2
    for url in $(places "$2" "$4" "$5"); do
        copy "$url" "$cache/$2.part" || continue
        if [ "$(sha256 "$cache/$2.part")" = "$3" ]; then
            mv "$cache/$2.part" "$cache/$2"
            return 0
        fi
        echo "'$url' has other bytes than the pin in '$pins' says; trying the next place" >&2
    done
    rm -f "$cache/$2.part"
    return 1
}

refuse() { # name, archive, sha256, pool folder, release page
    cat >&2 <<W

the bootstrap is built from '$2', which could not be had from anywhere. Three ways out:
  1. a network that reaches a Debian mirror or $5
     (FIFOQ_MIRROR=URL-or-folder names one more place to look in)
  2. put the file itself, SHA-256 $3,
     into '$cache'
  3. give prebuilt bootstraps: make FIFOQ_BOOTSTRAP_DIR=FOLDER with FOLDER/bootstrap-x86_64
     and FOLDER/bootstrap-aarch64
If the network is fine and this version has left the mirrors, raise the pin of '$1' in
'$pins'.
W
    exit 1
}

mkdir -p "$cache"
POOLS=$(pools)
grep -v '^#' "$pins" | while read -r name archive sum folder page; do
    get "$name" "$archive" "$sum" "$folder" "$page" ||
        refuse "$name" "$archive" "$sum" "$folder" "$page"
done
