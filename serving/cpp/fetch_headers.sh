#!/usr/bin/env bash
# ONNX Runtime's C++ headers for a Debian machine whose own release has none, and a Python wheel's library beside them.
#
#   fetch_headers.sh FOLDER [LIBRARY [RELEASE]]
#
# FOLDER/include is then what ORT_INCLUDE_DIR takes, and FOLDER/lib, with a LIBRARY, what ORT_LIB_DIR takes.
# LIBRARY is a libonnxruntime.so.X.Y.Z, of the wheel for instance:
#   python3 -c "import glob, onnxruntime as o; print(*glob.glob(o.__path__[0] + '/capi/libonnxruntime.so.*'))"
# RELEASE is the Debian release to take the headers from. Its package is only unpacked: nothing is installed, and apt's
# own lists, cache and sources stay as they are. Headers may be older than the library, never newer.
set -euo pipefail

fail() { echo "fetch_headers.sh: $*" >&2; exit 2; }

[ $# -ge 1 ] && [ $# -le 3 ] || fail "FOLDER [LIBRARY [RELEASE]] must be given. Received: $# words."
folder=$1 library=${2:-} release=${3:-trixie}
for tool in apt-get dpkg-deb; do
    command -v "$tool" >/dev/null || fail "$tool must be on this machine: it is made for Debian."
done
[ -z "$library" ] || [ -f "$library" ] || fail "LIBRARY must be a file. Received: $library."
own=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
[ -n "$own" ] || fail "this machine must have a release with a name. Received: an /etc/os-release without one."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{lists/partial,cache/archives/partial,sources,unpacked,download}
: >"$work/status"

# The machine's own sources of exactly its release (no updates, no backports), with the release's name changed.
etc=/etc/apt
for file in "$etc"/sources.list "$etc"/sources.list.d/*.list; do
    [ -f "$file" ] || continue
    { grep -E "^deb +(\[[^]]*\] +)?[^ ]+ +$own +" "$file" || true; } |
        sed -E "s/^(deb +(\[[^]]*\] +)?[^ ]+ +)$own +/\1$release /" >"$work/sources/$(basename "$file" .list).list"
done
for file in "$etc"/sources.list.d/*.sources; do
    [ -f "$file" ] || continue
    awk -v own="$own" -v release="$release" 'BEGIN { RS = ""; ORS = "\n\n"; FS = OFS = "\n" } {
        found = 0
        for (i = 1; i <= NF; i++)
            if ($i ~ /^Suites:/) {
                count = split($i, words, /[ \t]+/)
                for (w = 2; w <= count; w++) if (words[w] == own) found = 1
                $i = "Suites: " release
            }
        if (found) print
    }' "$file" >"$work/sources/$(basename "$file")"
done
grep -qs "$release" "$work"/sources/* || fail "$etc must have a source for $own. Received: other releases alone."

settings=(
    -o "Dir::Etc::sourcelist=/dev/null" -o "Dir::Etc::sourceparts=$work/sources" -o "Dir::Etc::preferences=/dev/null"
    -o "Dir::Etc::preferencesparts=/dev/null" -o "Dir::State=$work" -o "Dir::State::lists=$work/lists"
    -o "Dir::State::status=$work/status" -o "Dir::Cache=$work/cache" -o "APT::Sandbox::User=$(id -un)"
    -o "Acquire::Languages=none" -o "Acquire::http::Timeout=20" -o "Acquire::https::Timeout=20" -o "Acquire::Retries=1"
)
apt-get "${settings[@]}" -qq update >"$work/log" 2>&1 || true
(cd "$work/download" && apt-get "${settings[@]}" -qq download libonnxruntime-dev) >>"$work/log" 2>&1 ||
    fail "libonnxruntime-dev must be in $release. Received: $(tail -n 1 "$work/log")"
dpkg-deb -x "$work"/download/*.deb "$work/unpacked"
[ -f "$work/unpacked/usr/include/onnxruntime/onnxruntime_cxx_api.h" ] ||
    fail "the package must have onnxruntime_cxx_api.h. Received: another layout."

mkdir -p "$folder"/{include,lib}
cp -r "$work/unpacked/usr/include/onnxruntime/." "$folder/include"
if [ -n "$library" ]; then
    # The names that the linker and the loader ask for.
    for name in "$(basename "$library")" libonnxruntime.so.1 libonnxruntime.so; do
        ln -sfn "$(realpath "$library")" "$folder/lib/$name"
    done
    # Where the library is built for GPUs or OpenVINO, it looks for these beside itself.
    for provider in "$(dirname "$library")"/{libonnxruntime_providers_,libopenvino,libtbb}*.so*; do
        [ ! -f "$provider" ] || ln -sfn "$(realpath "$provider")" "$folder/lib/$(basename "$provider")"
    done
fi
