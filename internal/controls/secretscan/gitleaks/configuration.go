package gitleaks

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/zricethezav/gitleaks/v8/config"

	"github.com/forewarden/forewarden/internal/scope"
)

// configuration is gitleaks' default rules with the repository's configuration as far as settings let it count,
// and notes on what did not count.
func configuration(settings scope.Settings) (config.Config, []string, error) {
	base, err := parse(config.DefaultConfig)
	if err != nil {
		return config.Config{}, nil, fmt.Errorf("gitleaks' own rules: %w", err)
	}
	rs, notes, err := withRepository(base, settings)
	if err != nil {
		return config.Config{}, nil, err
	}
	c, err := rs.finish()
	if err != nil && rs != base {
		// The rules that everybody has must hold whatever a repository says.
		notes = append(notes, fmt.Sprintf("%s (%s) does not count: %v", configFile, settings.Origin, err))
		if base, err = parse(config.DefaultConfig); err == nil {
			c, err = base.finish()
		}
	}
	return c, notes, err
}

func withRepository(base *ruleset, settings scope.Settings) (*ruleset, []string, error) {
	data, err := readSetting(settings, configFile)
	if err != nil || data == "" {
		return base, nil, err
	}
	repository, err := parse(data)
	if err != nil {
		return base, []string{fmt.Sprintf("%s (%s) does not count: %v", configFile, settings.Origin, err)}, nil
	}
	if !settings.Loosen {
		if !base.tighten(repository, settings.Waivers) {
			return base, nil, nil
		}
		return base, []string{fmt.Sprintf("%s (%s) counts in part: it turns rules off or changes them, which needs `overrides: all` in the organisation's policy",
			configFile, settings.Origin)}, nil
	}
	if err := repository.inherit(base, settings, extendDepth); err != nil {
		return base, []string{fmt.Sprintf("%s (%s) does not count: %v", configFile, settings.Origin, err)}, nil
	}
	return repository, nil, nil
}

// extendDepth is how many files an extend.path leads through, as in gitleaks.
const extendDepth = 2

// inherit lays rs over what its configuration extends.
func (rs *ruleset) inherit(base *ruleset, settings scope.Settings, depth int) error {
	switch extend := rs.document.Extend; {
	case extend.UseDefault && extend.Path != "":
		return errors.New("it extends both the default rules and a path")
	case extend.UseDefault:
		rs.extend(base)
	case extend.Path != "" && depth == 0:
		return errors.New("extend.path leads through too many files")
	case extend.Path != "":
		other, err := extendedFile(settings, extend.Path)
		if err != nil {
			return err
		}
		if err := other.inherit(base, settings, depth-1); err != nil {
			return err
		}
		rs.extend(other)
	}
	return nil
}

// extendedFile reads what extend.path names: a file of the repository, from the same trusted side.
func extendedFile(settings scope.Settings, name string) (*ruleset, error) {
	clean := path.Clean(name)
	if path.IsAbs(clean) || clean == ".." || strings.HasPrefix(clean, "../") {
		return nil, errors.New("extend.path leaves the repository")
	}
	data, err := readSetting(settings, clean)
	if err != nil {
		return nil, err
	}
	if data == "" {
		return nil, errors.New("extend.path names a file that is not there")
	}
	return parse(data)
}
