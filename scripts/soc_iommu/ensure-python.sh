# Sets $python to a Python 3.11 or newer, installing Debian's where there is none.
# Sourced by the commands in scripts/, which may have nothing but a shell to start from.
# SPDX-License-Identifier: GPL-2.0-or-later

python_works() {
    # A python3-minimal alone lacks half of the standard library: import some of what is used.
    command -v "$1" >/dev/null 2>&1 &&
        "$1" -c 'import argparse, json, lzma, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo "$@"
    else
        echo "soc-iommu: this needs root, and there is no sudo: $*" >&2
        exit 3
    fi
}

python=
# The distribution's own first: others found by name may be wrappers that take longer to start than a guest.
for candidate in /usr/bin/python3 python3; do
    if python_works "$candidate"; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "soc-iommu: Python 3.11 or newer is needed, and there is no apt-get to install it with" >&2
        exit 3
    fi
    echo "soc-iommu: installing the package python3" >&2
    as_root apt-get update >&2 || true # a broken third-party source is no reason to stop
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends python3 >&2 || exit 3
    python=/usr/bin/python3
    if ! python_works "$python"; then
        echo "soc-iommu: the distribution's Python is older than 3.11: Debian 12 or 13 is needed" >&2
        exit 3
    fi
fi

# Byte code belongs in the cache, not in the source tree.
PYTHONPYCACHEPREFIX=${XDG_CACHE_HOME:-$HOME/.cache}/qemu-soc-iommu/pycache
export PYTHONPYCACHEPREFIX
