package profiles

import (
	"strings"

	"authsoak/document"
)

// LoadFormat is the schema key of a load profile.
const LoadFormat = "authsoak/load/v1"

// LoadProfile is a named load. Its load is as written: [Load.Defaults] fills in
// the rest.
type LoadProfile struct {
	Name, About string
	Load        Load
}

// loadSpec is a load profile as written.
type loadSpec struct {
	Schema loadFormat `yaml:"schema" document:"required" about:"the format of this file"`
	Name   string     `yaml:"name" document:"required" about:"the profile's name, as --load uses it"`
	About  string     `yaml:"about" about:"what it is good for"`
	Load   Load       `yaml:"load" document:"required" about:"how hard a target is driven, and when"`
}

type loadFormat string

func (loadFormat) Known() []string { return []string{LoadFormat} }

// ParseLoad reads a load profile. The error is a [document.Problems] with
// everything that is wrong.
func ParseLoad(name string, data []byte) (*LoadProfile, error) {
	file, err := document.Parse(name, data)
	if err != nil {
		return nil, err
	}
	spec := loadSpec{}
	problems := file.Decode(&spec)
	if spec.Name != "" && !namePattern.MatchString(spec.Name) {
		problems = append(problems, file.Problem("name", "is no name: small letters, digits and dashes", ""))
	}
	spec.Load.StateIn(file, "load")
	if file.Has("load") {
		problems = append(problems, spec.Load.Check(file, "load")...)
		problems = append(problems, spec.Load.CheckStages(file, "load")...)
	}
	if err := problems.Sort().Err(); err != nil {
		return nil, err
	}
	return &LoadProfile{spec.Name, strings.TrimSpace(spec.About), spec.Load}, nil
}
