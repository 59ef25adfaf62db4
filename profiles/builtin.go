package profiles

import (
	"cmp"
	"embed"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"sync"

	"authsoak/document"
)

//go:embed endpoints/*.yaml loads/*.yaml
var files embed.FS

// text is the YAML of one built-in profile.
type text struct {
	file string
	data []byte
}

// builtin parses the profiles of one folder, sorted by name. They are compiled
// into the binary and tested, so that a mistake in them is a defect.
func builtin[T any](folder string, parse func(string, []byte) (*T, error), name func(*T) string) ([]*T, map[string]text) {
	entries, err := files.ReadDir(folder)
	if err != nil {
		panic(err)
	}
	var all []*T
	texts := map[string]text{}
	for _, e := range entries {
		file := path.Join(folder, e.Name())
		data, err := files.ReadFile(file)
		if err != nil {
			panic(err)
		}
		p, err := parse(file, data)
		if err != nil {
			panic(fmt.Sprintf("built-in profile:\n%v", err))
		}
		all = append(all, p)
		texts[name(p)] = text{file, data}
	}
	slices.SortFunc(all, func(a, b *T) int { return cmp.Compare(name(a), name(b)) })
	return all, texts
}

func endpointName(e *Endpoint) string { return e.Name }
func loadName(l *LoadProfile) string  { return l.Name }

var builtinEndpoints = sync.OnceValues(func() ([]*Endpoint, map[string]text) {
	return builtin("endpoints", parseTested, endpointName)
})

var builtinLoads = sync.OnceValues(func() ([]*LoadProfile, map[string]text) {
	return builtin("loads", ParseLoad, loadName)
})

// Endpoints returns the built-in endpoint profiles, sorted by name.
func Endpoints() []*Endpoint {
	all, _ := builtinEndpoints()
	return slices.Clone(all)
}

// Loads returns the built-in load profiles, sorted by name.
func Loads() []*LoadProfile {
	all, _ := builtinLoads()
	return slices.Clone(all)
}

// FindEndpoint returns the built-in endpoint profile of that name, or the one
// in the YAML file of that path.
func FindEndpoint(nameOrFile string) (*Endpoint, error) {
	all, _ := builtinEndpoints()
	return find("endpoint", nameOrFile, all, endpointName, ParseEndpoint)
}

// FindLoad returns the built-in load profile of that name, or the one in the
// YAML file of that path.
func FindLoad(nameOrFile string) (*LoadProfile, error) {
	all, _ := builtinLoads()
	return find("load profile", nameOrFile, all, loadName, ParseLoad)
}

func find[T any](kind, nameOrFile string, all []*T, name func(*T) string, parse func(string, []byte) (*T, error)) (*T, error) {
	var known []string
	for _, p := range all {
		if name(p) == nameOrFile {
			return p, nil
		}
		known = append(known, name(p))
	}
	if !strings.ContainsAny(nameOrFile, `/\`) && !strings.HasSuffix(nameOrFile, ".yaml") && !strings.HasSuffix(nameOrFile, ".yml") {
		return nil, unknown(kind, nameOrFile, known)
	}
	data, err := readFile(nameOrFile)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", kind, err)
	}
	return parse(nameOrFile, data)
}

// readFile reads no more than what shows that a file is too large.
func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, document.MaxBytes+1))
}

// Source returns the YAML text of a built-in profile; kind is endpoint or load.
func Source(kind, name string) ([]byte, error) {
	var texts map[string]text
	switch kind {
	case "endpoint":
		_, texts = builtinEndpoints()
	case "load":
		_, texts = builtinLoads()
	default:
		return nil, unknown("kind of profile", kind, []string{"endpoint", "load"})
	}
	if t, ok := texts[name]; ok {
		return slices.Clone(t.data), nil
	}
	var known []string
	for n := range texts {
		known = append(known, n)
	}
	slices.Sort(known)
	return nil, unknown(kind+" profile", name, known)
}

// EndpointSchema returns the JSON Schema (draft 2020-12) of endpoint profiles.
func EndpointSchema() []byte {
	return document.Schema("urn:authsoak:schema:endpoint:v1", "authsoak endpoint profile", endpointSpec{})
}

// LoadSchema returns the JSON Schema (draft 2020-12) of load profiles.
func LoadSchema() []byte {
	return document.Schema("urn:authsoak:schema:load:v1", "authsoak load profile", loadSpec{})
}
