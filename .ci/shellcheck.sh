#!/usr/bin/env bash
# Runs shellcheck on every shell script. Where it is missing, CI fails; elsewhere it says loudly that nothing was checked.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if ! command -v shellcheck >/dev/null; then
	echo "shellcheck is missing: NO SHELL SCRIPT WAS CHECKED (Debian: apt-get install shellcheck)" >&2
	[[ ${CI:-} != true ]] || exit 1
	exit 0
fi
# What runs on the machines of others is POSIX sh; our own checks are bash.
shellcheck --shell=sh actions/run.sh actions/setup/setup.sh
shellcheck .ci/run .ci/*.sh .ci/npm/*.sh
