#!/usr/bin/env bash
# Checks the workflow and action files of this project: first that the check itself notices what is wrong, then the files.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
./install.sh
node node_modules/esbuild/bin/esbuild validate-workflows.mjs --bundle --platform=node --target=node20 --log-level=warning \
	--outfile=node_modules/.bundle/validate-workflows.cjs
node --test --test-reporter=dot validate-workflows.test.mjs
node node_modules/.bundle/validate-workflows.cjs ../..
