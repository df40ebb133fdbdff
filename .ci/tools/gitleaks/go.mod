// The reference program for secret-scan's parity test, with the dependency versions of its own go.mod.
module github.com/forewarden/forewarden/citools/gitleaks

go 1.26.0

require github.com/zricethezav/gitleaks/v8 v8.30.1
