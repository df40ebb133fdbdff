#!/bin/sh
# run.sh PROGRAM [ARGUMENT...]: what a step of our actions does. Puts the program in place and runs it with the arguments
# and with the action's inputs, which come as FOREWARDEN_PATH, FOREWARDEN_POLICY, FOREWARDEN_SCOPE, FOREWARDEN_BASE,
# FOREWARDEN_HEAD, FOREWARDEN_REPORT_JSON and FOREWARDEN_SARIF. An input can hold any text: it becomes one argument, and
# never a flag.
#
# Exit status: the program's; 3 when the program could not be put in place. The program itself sets the step's outputs.
#
# Tested under dash on Linux; macOS and Windows as in setup/setup.sh.
set -eu
unset CDPATH
# Until the program starts, so that an empty or relative entry of PATH finds nothing in the workspace.
case $0 in
*/*) cd "${0%/*}" ;;
*) cd . ;;
esac

windows=false
case $(uname -s) in
MINGW* | MSYS* | CYGWIN*) windows=true ;;
esac

program=$1
shift
folder=$(GITHUB_PATH='' GITHUB_OUTPUT='' sh ./setup/setup.sh "$program") || {
	[ -z "${GITHUB_OUTPUT:-}" ] || echo verdict=error >>"$GITHUB_OUTPUT"
	exit 3
}

# A folder for each step, so that the reports of two steps never meet.
reports=$(mktemp -d "${RUNNER_TEMP:-${TMPDIR:-/tmp}}/forewarden.XXXXXX")
if $windows; then
	reports=$(cygpath -m "$reports")
	# What follows is in Windows' own form already, and a revision such as HEAD:a must not be taken for a path.
	export MSYS_NO_PATHCONV=1 MSYS2_ARG_CONV_EXCL='*'
fi

set -- "$@" \
	--report="json=${FOREWARDEN_REPORT_JSON:-$reports/report.json}" \
	--report="sarif=${FOREWARDEN_SARIF:-$reports/report.sarif}"
[ -z "${FOREWARDEN_POLICY:-}" ] || set -- "$@" --policy="$FOREWARDEN_POLICY"
[ -z "${FOREWARDEN_SCOPE:-}" ] || set -- "$@" --scope="$FOREWARDEN_SCOPE"
[ -z "${FOREWARDEN_BASE:-}" ] || set -- "$@" --base="$FOREWARDEN_BASE"
[ -z "${FOREWARDEN_HEAD:-}" ] || set -- "$@" --head="$FOREWARDEN_HEAD"

path=${FOREWARDEN_PATH:-.}
case $path in
. | /* | ./* | ../* | [A-Za-z]:[\\/]*) ;;
*) path=./$path ;; # neither a flag nor a command of the control
esac

cd "$OLDPWD"
exec "$folder/$program" "$@" "$path"
