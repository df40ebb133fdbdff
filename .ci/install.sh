#!/usr/bin/env bash
# Builds the programs that the checks run into .ci/bin, each from a pinned Go module of its own under .ci/tools.
# A program whose pins and toolchain are unchanged is kept. With names (act, gitleaks, golangci-lint), only these.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "$here/bin"

package_of() {
	case $1 in
	gitleaks) echo github.com/zricethezav/gitleaks/v8 ;;
	golangci-lint) echo github.com/golangci/golangci-lint/v2/cmd/golangci-lint ;;
	act) echo github.com/nektos/act ;;
	*)
		echo "install.sh: no tool $1: want act, gitleaks or golangci-lint" >&2
		exit 2
		;;
	esac
}

build() {
	local name=$1 package key
	package=$(package_of "$name")
	cd "$here/tools/$name"
	key=$(cat go.mod go.sum "$here/install.sh" <(go version) | sha256sum | cut -d' ' -f1)
	if [[ -x $here/bin/$name && -f $here/bin/$name.key && $(<"$here/bin/$name.key") == "$key" ]]; then
		return
	fi
	echo "building $name" >&2
	rm -f "$here/bin/$name.key"
	GOWORK=off GOFLAGS='' CGO_ENABLED=0 go build -mod=readonly -trimpath -buildvcs=false -ldflags='-s -w' \
		-o "$here/bin/$name.new" "$package"
	mv "$here/bin/$name.new" "$here/bin/$name"
	echo "$key" >"$here/bin/$name.key"
}

if (($# == 0)); then
	set -- act gitleaks golangci-lint
fi
for name in "$@"; do
	build "$name"
done
