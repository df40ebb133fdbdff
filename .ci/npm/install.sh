#!/usr/bin/env bash
# Installs the npm tools of the lock file beside it. No install script of a package runs, so the run bit that one of
# them would set is set here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

stamp=node_modules/.lock.sha256
if ! sha256sum --status --check "$stamp" 2>/dev/null; then
	npm ci --ignore-scripts
	chmod +x node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool
	sha256sum package.json package-lock.json install.sh >"$stamp"
fi
