#!/bin/sh
# build.sh ARCH OUT ARGUMENTS...: the static bootstrap for ARCH (x86_64 or aarch64) as OUT/bootstrap, and as
# OUT/bootstrap.debug with its symbols. ARGUMENTS are compiler flags and the source files.
# build.sh ARCH: only the libraries beneath it, when they are not there yet.
# The libraries beneath it are built once and kept in FIFOQ_CACHE (default ~/.cache/fifoq) under a key over everything
# that they are made from. There is no dynamic bootstrap to fall back to: what cannot be built stops the build.
set -eu
arch=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
cache=${FIFOQ_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/fifoq}

compiler() {
    for cc in "$arch-linux-gnu-gcc" gcc; do
        case $($cc -dumpmachine 2>/dev/null) in "$arch"-*linux-gnu*) echo "$cc" && return ;; esac
    done
    echo "no gcc that compiles for $arch; on Debian and Ubuntu: apt-get install gcc-$(echo "$arch" | tr _ -)-linux-gnu" >&2
    return 1
}

libraries_key() {
    {
        echo "$arch" && $cc --version && cat "$here/pins" "$here"/*.h "$here"/patches/* "$here/libraries.sh"
    } | sha256sum | cut -c 1-16
}

one_at_a_time() { # two builds that share the cache must not write it at once
    mkdir -p "$cache"
    exec 9>"$cache/lock"
    if command -v flock >/dev/null 2>&1; then flock 9; fi
}

ensure_libraries() {
    [ ! -f "$libraries/done" ] || return 0
    one_at_a_time
    [ ! -f "$libraries/done" ] || return 0
    "$here/fetch.sh" "$here/pins" "$cache/dl"
    echo "building the bootstrap's libraries for $arch, once, into '$libraries'" >&2
    "$here/libraries.sh" "$arch" "$cc" "$cache/dl" "$libraries"
    : >"$libraries/done"
}

# A makefile over the sources, so that only what changed is compiled again.
write_makefile() {
    flags="-Os -g -fno-pie -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables -fno-unwind-tables"
    flags="$flags -fstack-protector-strong -DCURL_STATICLIB" objects='' rules=''
    for a in "$@"; do
        case $a in
        *.c | *.S)
            o=$(printf %s "${a##*/}").o objects="$objects $o" fast=''
            case ${a##*/} in # every byte of an event and of a request goes through these
            json_scan.c | json_tree.c | json_write.c | attributes.c | buf.c | malloc.c) fast=' -O2' ;;
            memory.c) fast=' -O2 -fno-builtin -fno-tree-loop-distribute-patterns -fno-stack-protector' ;; # runs before main
            esac
            rules="$rules
$o: $a $libraries/done makefile
	@$libraries/bin/cc \$(FLAGS)$fast -MMD -MP -c -o \$@ $a" ;;
        *) flags="$flags '$a'" ;;
        esac
    done
    cat <<W
FLAGS = $flags
OBJECTS =$objects

bootstrap: bootstrap.debug
	@${tools}strip -s -R .comment -R .note.gnu.property -o \$@ \$<

bootstrap.debug: \$(OBJECTS)
	@$libraries/bin/cc -o \$@ \$(OBJECTS) -Wl,--gc-sections -Wl,--build-id=none -Wl,-z,noexecstack -Wl,-z,relro \\
	    -lcurl -lssl -lcrypto -ljansson
$rules

-include \$(OBJECTS:.o=.d)
W
}

cc=$(compiler)
tools=${cc%gcc}
libraries=$cache/$arch-$(libraries_key)
ensure_libraries
[ $# -gt 0 ] || exit 0

out=$1
shift
mkdir -p "$out"
cd "$out"
write_makefile "$@" >makefile.new
if cmp -s makefile.new makefile; then rm makefile.new; else mv makefile.new makefile; fi
exec make -s -j"${FIFOQ_JOBS:-2}" bootstrap
