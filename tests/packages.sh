# Sourced by run and test: what Debian has to bring, and the build folders.

packages_build="meson ninja-build pkg-config gcc libc6-dev binutils libsodium-dev libssl-dev libsqlite3-dev libcurl4-openssl-dev libmicrohttpd-dev libinih-dev libdeflate-dev python3"
packages_test="$packages_build libcmocka-dev libjansson-dev libseccomp-dev zlib1g-dev python3-cryptography python3-jsonschema mandoc g++ clang libclang-rt-14-dev golang-go golang-golang-x-mod-dev"

# Installs those of its arguments that are missing; says so in one line. Elsewhere than on Debian it only names them.
need() {
    command -v dpkg-query >/dev/null 2>&1 || { echo "not Debian: if the build fails, install what is like $*" >&2; return 0; }
    local missing=() package
    for package in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | head -n 1)" = installed ] || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0

    local as_root=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null 2>&1 || { echo "missing: ${missing[*]}; install them as root: apt-get install ${missing[*]}" >&2; return 1; }
        as_root=(sudo)
    fi
    echo "installing from Debian: ${missing[*]}"
    local log
    log=$(mktemp)
    if ! { "${as_root[@]}" apt-get -q update &&
           "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1
    then
        tail -n 20 "$log" >&2
        rm -f "$log"
        return 1
    fi
    rm -f "$log"
}

# configure FOLDER OPTION…: makes the build folder, or sets the options of the one that is there.
configure() {
    local folder=$1
    shift
    if [ -f "$folder/build.ninja" ]; then
        meson configure "$folder" "$@" >/dev/null
    else
        meson setup "$folder" "$@" >"$folder.log" 2>&1 || { tail -n 30 "$folder.log" >&2; return 1; }
        rm -f "$folder.log"
    fi
}

# build FOLDER [TARGET…]: quiet unless it fails.
build() {
    ninja -C "$@" --quiet >"$1/build.log" 2>&1 || { grep -vE '^ninja: ' "$1/build.log" | tail -n 60 >&2; return 1; }
}
