// The program that runs workflows locally, for the end-to-end tests of the actions.
module github.com/forewarden/forewarden/citools/act

go 1.26.0

require github.com/nektos/act v0.2.89
