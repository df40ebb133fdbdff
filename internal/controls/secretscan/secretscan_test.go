package secretscan_test

import (
	"testing"

	"github.com/forewarden/forewarden/internal/controls/secretscan"
	"github.com/forewarden/forewarden/internal/controltest"
)

func TestCases(t *testing.T) {
	controltest.Cases(t, secretscan.Control, "../../../testdata/secret-scan")
}
