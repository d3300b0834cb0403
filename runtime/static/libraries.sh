#!/bin/sh
# libraries.sh ARCH CC ARCHIVES DIR: musl, OpenSSL, curl and jansson for the bootstrap, static, in DIR/prefix,
# and DIR/bin/cc, a compiler that knows nothing but them (no header and no library of this machine).
set -eu
arch=$1 cc=$2 archives=$3 dir=$4
here=$(cd "$(dirname "$0")" && pwd)
prefix=$dir/prefix src=$dir/src obj=$dir/obj
jobs=${FIFOQ_JOBS:-$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)}
tools=${cc%gcc}

common="-Os -g0 -fno-pie -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables -fno-unwind-tables"
guard=-fstack-protector-strong # not for musl, which sets the guard up
# What means that a configuration header is wrong; gcc before 14 only warns.
wrong="-Werror=implicit-function-declaration -Werror=int-conversion"

# HTTPS as a client over TLS 1.2 and 1.3, hashes, HMAC, PBKDF2; nothing else of OpenSSL.
openssl_without="shared pic tests apps docs engine static-engine dso legacy comp zlib ssl3 ssl3-method tls1
tls1-method tls1_1 tls1_1-method dtls srp psk srtp idea seed bf cast camellia aria rc2 rc4 md4 mdc2 whirlpool
rmd160 sm2 sm3 sm4 siphash gost cms ts ocsp cmp ct ec2m ui-console async autoload-config afalgeng nextprotoneg
scrypt ktls dsa dgram sock posix-io rfc3779 multiblock padlockeng devcryptoeng sctp blake2 ocb dh siv des
cmac secure-memory filenames quic ml-dsa slh-dsa http thread-pool default-thread-pool unstable-qlog
integrity-only-ciphers argon2 jitter tls-deprecated-ec uplink"

step() { # what, command...: quiet, with a log that is shown when it fails
    what=$1 start=$(date +%s)
    shift
    (set -e && "$@") >"$dir/$what.log" 2>&1 & # in an "if" the shell would forget -e
    if ! wait $!; then
        tail -n 25 "$dir/$what.log" >&2
        echo "building $what for $arch failed; all of it stands in '$dir/$what.log'" >&2
        exit 1
    fi
    echo "  $what for $arch: $(($(date +%s) - start)) s" >&2
}

unpack() {
    grep -v '^#' "$here/pins" | while read -r name archive rest; do
        mkdir -p "$src/$name"
        tar xf "$archives/$archive" --strip-components=1 -C "$src/$name"
    done
    for p in "$here"/patches/*.patch; do
        name=$(basename "$p")
        patch -s -d "$src/${name%%-*}" -p1 <"$p"
    done
}

build_musl() {
    mkdir -p "$obj/musl" && cd "$obj/musl"
    CC=$cc AR=${tools}ar RANLIB=${tools}ranlib CFLAGS="$common -fno-stack-protector" "$src/musl/configure" \
        --target="$arch" --prefix="$prefix" --syslibdir="$prefix/lib" --disable-shared
    make -s -j"$jobs" install
}

# OpenSSL asks the assembler for its version: 2.22 is the last without AVX-512, which would be 675 KB that no
# small request ever uses.
write_cc() {
    builtin_include=$($cc -print-file-name=include)
    mkdir -p "$dir/bin"
    cat >"$dir/bin/cc" <<W
#!/bin/sh
link=1
for a in "\$@"; do
    case \$a in
    -Wa,-v) echo "GNU assembler version 2.22"; exit 0 ;;
    -c | -S | -E | -M | -MM) link= ;;
    esac
done
set -- -nostdinc -isystem $prefix/include -isystem $builtin_include -ffile-prefix-map=$dir=. "\$@"
[ "\$link" ] || exec $cc "\$@"
exec $cc -static -no-pie -nostdlib $prefix/lib/crt1.o $prefix/lib/crti.o $($cc -print-file-name=crtbeginT.o) \\
    "\$@" -L$prefix/lib -Wl,--start-group -lc -lgcc -Wl,--end-group $($cc -print-file-name=crtend.o) $prefix/lib/crtn.o
W
    chmod +x "$dir/bin/cc"
}

build_openssl() {
    mkdir -p "$obj/openssl" && cd "$obj/openssl"
    PATH=$dir/bin:$PATH SOURCE_DATE_EPOCH=1
    export PATH SOURCE_DATE_EPOCH
    # shellcheck disable=SC2086,SC2046
    CC=cc AR=${tools}ar RANLIB=${tools}ranlib "$src/openssl/Configure" "linux-$arch" --release --prefix=/usr \
        --openssldir=/etc/pki/tls $(printf 'no-%s ' $openssl_without) $common $guard
    make -s -j"$jobs" build_generated
    make -s -j"$jobs" libcrypto.a libssl.a
    cp libcrypto.a libssl.a "$prefix/lib/"
    cp -r "$src/openssl/include/openssl" "$prefix/include/"
    cp include/openssl/*.h "$prefix/include/openssl/"
}

archive() { # name, flags, files...: lib NAME.a, the files compiled side by side
    lib=$prefix/lib/lib$1.a flags=$2 objects=
    mkdir -p "$obj/$1" && cd "$obj/$1"
    shift 2
    {
        printf 'all: %s\n' "$lib"
        for f in "$@"; do
            o=$(printf %s "${f#"$src"/}" | tr / _).o objects="$objects $o"
            printf '%s: %s\n\t%s %s %s %s -c -o $@ $<\n' "$o" "$f" "$dir/bin/cc" "$common" "$guard" "$flags"
        done
        printf '%s:%s\n\t%sar rcsD $@ $^\n' "$lib" "$objects" "$tools"
    } >Makefile
    make -s -j"$jobs"
}

build_curl() {
    mkdir -p "$prefix/include/curl" && cp "$src"/curl/include/curl/*.h "$prefix/include/curl/"
    set --
    for f in "$src"/curl/lib/*.c "$src"/curl/lib/vauth/*.c "$src"/curl/lib/vtls/*.c \
        "$src"/curl/lib/vquic/*.c "$src"/curl/lib/curlx/*.c; do
        case $f in */amigaos.c | */macos.c | */system_win32.c | */dllmain.c) ;; *) set -- "$@" "$f" ;; esac
    done
    archive curl "$wrong -DHAVE_CONFIG_H -DBUILDING_LIBCURL -DCURL_STATICLIB -I$here -I$src/curl/lib -I$src/curl/include" "$@"
}

build_jansson() {
    cp "$src/jansson/src/jansson.h" "$here/jansson_config.h" "$prefix/include/"
    archive jansson "$wrong -DHAVE_CONFIG_H -I$here -I$src/jansson/src" "$src"/jansson/src/*.c
}

rm -rf "$dir"
mkdir -p "$src" "$obj" "$prefix/lib" "$prefix/include"
step unpack unpack
step musl build_musl
write_cc
step openssl build_openssl
step curl build_curl
step jansson build_jansson
rm -rf "$src" "$obj"
