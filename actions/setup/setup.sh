#!/bin/sh
# setup.sh PROGRAM [PROGRAM...]: puts Forewarden's programs, built from the source that this script came with, into the
# runner's tool cache and prints their folder. On GitHub it also adds the folder to GITHUB_PATH and sets the output path.
#
# A build is kept under the hash of its sources, so it is made once per machine and version. Nothing in the workspace
# takes part in it: neither a go.work, nor a go.mod, nor any Go configuration.
#
# Exit status: 0, 2 for a program that does not exist, 3 when the programs could not be had.
#
# Needs one of sha256sum, shasum and openssl, and Go for the first run only. Tested under dash on Linux. The branches for
# macOS (shasum) and Windows (Git's sh, cygpath, .exe) follow those runners' documentation and have not been run.
set -eu
unset CDPATH
# First of all, so that an empty or relative entry of PATH finds nothing in the workspace.
case $0 in
*/*) cd "${0%/*}/../.." ;;
*) cd ../.. ;;
esac

readonly layout=1 # of a build in the cache: raise it when the way to build changes

say() { printf 'forewarden: %s\n' "$1" >&2; }

# fail says what went wrong, on GitHub as an annotation. $1 is one line without special characters, $2 what to do.
fail() {
	say "$1"
	[ -z "${2:-}" ] || printf '%s\n' "$2" >&2
	[ "${GITHUB_ACTIONS:-}" != true ] || printf '::error title=Forewarden could not start::%s\n' "$1" >&2
	exit 3
}

# native is a path as programs of this system write it. $1 is cygpath's style: -m with slashes, -w with backslashes.
native() {
	case $os in
	windows) cygpath "$1" "$2" ;;
	*) printf '%s\n' "$2" ;;
	esac
}

# posix is a path that this shell can use.
posix() {
	case $os in
	windows) cygpath -u "$1" ;;
	*) printf '%s\n' "$1" ;;
	esac
}

machine=$(uname -sm)
arch=${machine##* }
exe=
case $machine in
Linux*) os=linux ;;
Darwin*) os=darwin ;;
MINGW* | MSYS* | CYGWIN*) os=windows exe=.exe ;;
*) os=${machine%% *} ;;
esac

[ $# -gt 0 ] || {
	say "usage: setup.sh PROGRAM [PROGRAM...]"
	exit 2
}
for program; do
	case $program in
	'' | *[!a-z0-9-]* | -*) known=false ;;
	*) if [ -f "cmd/$program/main.go" ]; then known=true; else known=false; fi ;;
	esac
	$known || {
		say "no such program; there is $(cd cmd && echo *)"
		exit 2
	}
done

if command -v sha256sum >/dev/null 2>&1; then
	sha256=sha256sum
elif command -v shasum >/dev/null 2>&1; then
	sha256='shasum -a 256'
elif command -v openssl >/dev/null 2>&1; then
	sha256='openssl dgst -sha256 -r'
else
	fail "sha256sum, shasum and openssl are all missing"
fi
# All three print a digest, a space, a space or an asterisk, and the path.
# shellcheck disable=SC2086 # a command and its arguments
sources=$(find cmd internal go.mod go.sum -type f -exec $sha256 {} +) || fail "the action's own source could not be read"
key=$({
	echo "layout $layout"
	printf '%s\n' "$sources" | sed 's/^\([0-9a-f]*\) [ *]/\1 /' | LC_ALL=C sort
} | $sha256)
key=${key%% *}

if [ -n "${RUNNER_TOOL_CACHE:-}" ]; then
	cache=$(posix "$RUNNER_TOOL_CACHE")
else
	[ -n "${XDG_CACHE_HOME:-}${HOME:-}" ] || fail "neither RUNNER_TOOL_CACHE nor HOME is set"
	cache=${XDG_CACHE_HOME:-$HOME/.cache}
fi
# A container may see a tool cache that it cannot write to. What lies in RUNNER_TEMP lasts for the job.
if ! mkdir -p "$cache/forewarden/$key/$os-$arch" 2>/dev/null || ! [ -w "$cache/forewarden/$key/$os-$arch" ]; then
	[ -n "${RUNNER_TEMP:-}" ] || fail "the tool cache cannot be written to"
	cache=$(posix "$RUNNER_TEMP")
	mkdir -p "$cache/forewarden/$key/$os-$arch" || fail "neither the tool cache nor RUNNER_TEMP can be written to"
fi
folder=$cache/forewarden/$key/$os-$arch

# have says whether a program is there, whole.
have() { [ -f "$folder/$1.complete" ] && [ -x "$folder/$1$exe" ]; }

# advice is the step that a workflow lacks, for Go of at least version $1.
advice() {
	cat <<-END
		Add this step before Forewarden's:

		    - uses: actions/setup-go@b7ad1dad31e06c5925ef5d2fc7ad053ef454303e # v7.0.0
		      with:
		        go-version: "${1%.*}"
		        cache: false
	END
}

# build makes the programs that are missing in a folder of its own and moves each in at once, so that jobs that run on
# one machine at the same time do not see half a program.
build() {
	want=$(sed -n 's/^go //p' go.mod)
	command -v go >/dev/null 2>&1 || fail "Go is missing: it is needed to build Forewarden, $want or newer" "$(advice "$want")"
	# Only what the action's own source says counts, and the machine that the job runs on is the target.
	unset GOOS GOARCH GO386 GOAMD64 GOARM GOARM64 GOMIPS GOMIPS64 GOPPC64 GORISCV64 GOEXPERIMENT
	export CGO_ENABLED=0 GO111MODULE=on GOENV=off GOWORK=off GOFLAGS="" GOTOOLCHAIN=local
	if ! go list -m >/dev/null 2>&1; then
		# Go since 1.21 can fetch the toolchain that it lacks; its checksum database vouches for it.
		export GOTOOLCHAIN="go$want"
		go list -m >/dev/null 2>&1 ||
			fail "$(go version 2>/dev/null | sed 's/^go version //') is too old: Forewarden needs Go $want or newer" "$(advice "$want")"
	fi
	work=$(mktemp -d "$cache/forewarden/$key/build.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	for program; do
		have "$program" && continue
		say "building $program from source, once for this version"
		go build -mod=readonly -trimpath -buildvcs=false -ldflags='-s -w' \
			-o "$(native -m "$work/$program$exe")" "./cmd/$program" >&2 || fail "$program could not be built"
		# Windows does not replace a program that runs; then another job has put the same one there.
		mv -f "$work/$program$exe" "$folder/$program$exe" 2>/dev/null || have "$program" || fail "$program could not be stored"
		: >"$folder/$program.complete"
	done
}

for program; do
	have "$program" || {
		build "$@"
		break
	}
done

printf '%s\n' "$folder"
[ -z "${GITHUB_PATH:-}" ] || native -w "$folder" >>"$GITHUB_PATH"
[ -z "${GITHUB_OUTPUT:-}" ] || printf 'path=%s\n' "$(native -w "$folder")" >>"$GITHUB_OUTPUT"
