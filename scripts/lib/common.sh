# SPDX-License-Identifier: GPL-3.0-or-later
# Shared by scripts/setup, demo, test: where things are, how they speak. Sourced, with $root set.
# shellcheck shell=bash disable=SC2034

torch_version=2.11.0
numpy_version=2.4.6
cache=${ATELIER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/atelier}
venv=$cache/venv
system_python=/usr/bin/python3
[[ -x $system_python ]] || system_python=python3
export CCACHE_DIR=${CCACHE_DIR:-$cache/ccache}

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# Runs a command; its output is shown only when it ends in an error.
quietly() {
    local log
    log=$(mktemp)
    if ! "$@" >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        die "this command did not succeed: $*"
    fi
    rm -f "$log"
}

# Compile jobs: one per core, but 2 GB of memory for each (LibTorch's headers are large).
jobs() {
    local cores memory
    cores=$(nproc)
    memory=$(awk '/MemAvailable/ {print int($2 / 2000000)}' /proc/meminfo)
    echo $((memory < 1 ? 1 : memory < cores ? memory : cores))
}

# build PRESET [target…]: configures when needed, then builds; prints progress only on a terminal.
build() {
    local preset=$1
    shift
    local oracle=()
    [[ ! -x $venv/bin/python ]] || oracle=("-DATELIER_ORACLE_PYTHON=$venv/bin/python")
    if [[ ! -e $root/build/$preset/build.ninja ]]; then
        say "Configuring ($preset)"
        (cd "$root" && quietly cmake --preset "$preset" "${oracle[@]}")
    fi
    local targets=()
    [[ $# = 0 ]] || targets=(--target "$@")
    say "Building ($preset, $(jobs) at a time; the first build takes some minutes)"
    if [[ -t 1 ]]; then
        (cd "$root" && cmake --build --preset "$preset" -j "$(jobs)" "${targets[@]}")
    else
        (cd "$root" && quietly cmake --build --preset "$preset" -j "$(jobs)" "${targets[@]}")
    fi
}
