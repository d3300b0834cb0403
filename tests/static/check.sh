#!/bin/sh
# tests/static/check.sh BUILD: checks that the bootstraps of BUILD are fully static, run in an empty root, print a clear
# error outside of Lambda, and are small; and that fifoq itself is hardened. Exit 0, 1, or 77 if there is nothing to
# check.
set -u
build=$1
limit=2621440 # 2.5 MiB, the most that a zip may weigh
passed=0 failed=0 skipped=0
root=$(mktemp -d) said=$(mktemp)
trap 'rm -rf "$root" "$said"' EXIT

check() { # what, then a condition's exit status
    if [ "$2" -eq 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $1"
    fi
}

skip() {
    skipped=$((skipped + 1))
    echo "skipped: $1"
}

emulator() { # what runs a program for that architecture here, copied into the empty root; "." when nothing is needed
    [ "$(uname -m)" != "$1" ] || { echo . && return; }
    for q in "qemu-$1-static" "qemu-$1"; do
        path=$(command -v "$q") || continue
        file -L "$path" | grep -q 'static' || continue
        cp -L "$path" "$root/qemu" && echo qemu && return
    done
    return 1
}

in_empty_root() { # the bootstrap with an empty environment and nothing else to be found
    # shellcheck disable=SC2086 # the emulator, or empty
    set -- env -i PATH="$PATH:/usr/sbin" _HANDLER=ingest chroot "$root" $run /bootstrap
    if [ "$(id -u)" = 0 ]; then "$@"; else unshare -r "$@"; fi
}

for arch in x86_64 aarch64; do
    bin=$build/bootstrap/$arch/bootstrap
    [ -f "$bin" ] || { skip "no bootstrap for $arch in '$build'" && continue; }

    file "$bin" | grep -q 'statically linked'
    check "$arch: file says static" $?
    ! readelf -lW "$bin" | grep -qE 'INTERP|DYNAMIC'
    check "$arch: no interpreter and no dynamic section" $?
    ! readelf -dW "$bin" 2>/dev/null | grep -q NEEDED
    check "$arch: needs no library" $?
    readelf -lW "$bin" | grep 'GNU_STACK' | grep -q 'RW '
    check "$arch: the stack is not executable" $?
    size=$(wc -c <"$bin.zip")
    [ "$size" -gt 0 ] && [ "$size" -le $limit ]
    check "$arch: the zip weighs $size bytes, at most $limit" $?

    cp "$bin" "$root/bootstrap"
    if ! emulator=$(emulator "$arch"); then
        skip "$arch: no static qemu-$arch to run it with"
        continue
    fi
    case $emulator in .) run= ;; *) run=/$emulator ;; esac
    if [ "$(id -u)" != 0 ] && ! unshare -r true 2>/dev/null; then
        skip "$arch: no empty root without being root here"
        continue
    fi
    in_empty_root >"$said" 2>&1
    code=$?
    [ $code -gt 0 ] && [ $code -lt 126 ]
    check "$arch: outside Lambda it ends with a failure, not a crash (exit $code)" $?
    [ "$(wc -l <"$said")" -eq 1 ] && perl -MJSON::PP -0777 -e 'exit(ref decode_json(<STDIN>) ne "HASH")' <"$said"
    check "$arch: and says why in one line of JSON: $(head -c 300 "$said")" $?
    grep -q AWS_LAMBDA_RUNTIME_API "$said"
    check "$arch: which names AWS_LAMBDA_RUNTIME_API" $?
done

hardened() { # what, a condition on what readelf says of fifoq
    readelf "$2" "$build/fifoq" 2>/dev/null | grep -qE "$3"
    check "fifoq: $1" $?
}

if [ -f "$build/fifoq" ]; then
    hardened "loads at a random address (PIE)" -hW 'Type: +DYN'
    hardened "the stack is not executable" -lW 'GNU_STACK.* RW '
    hardened "has no table of addresses that can be written to (RELRO)" -lW 'GNU_RELRO'
    hardened "binds all names at the start (BIND_NOW)" -dW 'BIND_NOW|FLAGS.*NOW'
    hardened "its stack is guarded" -sW '__stack_chk_fail'
    hardened "its copies are checked (FORTIFY)" -sW '_chk@'
    if [ "$(uname -m)" = x86_64 ]; then # the C library's own start has none everywhere, so there is no note
        [ "$(objdump -d "$build/fifoq" | grep -c endbr64)" -gt 500 ]
        check "fifoq: its indirect jumps are marked (IBT)" $?
    fi
fi

echo "$passed checks passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ] || exit 1
[ $passed -gt 0 ] || exit 77
