package profiles

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"authsoak/document"
	"authsoak/spelling"
)

// Limits on what is compiled when a profile is read: every combination of
// versions, methods, options and settings.
const (
	maxCombinations = 1024
	maxWork         = 32 << 20 // bytes of YAML, times combinations
	maxProblems     = 200      // after which a profile is not looked at further
)

// ParseEndpoint reads an endpoint profile and compiles every combination it
// allows. The error is a [document.Problems] with everything that is wrong.
func ParseEndpoint(name string, data []byte) (*Endpoint, error) {
	return parseEndpoint(name, data, true)
}

// parseTested reads a profile whose combinations a test compiles: the built-in
// ones, so that a command doesn't spend its first moments on them.
func parseTested(name string, data []byte) (*Endpoint, error) {
	return parseEndpoint(name, data, false)
}

func parseEndpoint(name string, data []byte, combinations bool) (*Endpoint, error) {
	file, err := document.Parse(name, data)
	if err != nil {
		return nil, err
	}
	spec := &endpointSpec{}
	problems := file.Decode(spec)
	l := &lint{spec: spec, file: file, size: len(data)}
	l.names()
	l.references()
	l.methods()
	if len(spec.Versions) > 0 && len(spec.Methods) > 0 {
		fill(&spec.DefaultVersion, spec.Versions[len(spec.Versions)-1])
		fill(&spec.DefaultMethod, spec.Methods[0].Name)
		if combinations {
			l.combinations()
		}
	}
	if err := append(problems, news(l.problems, problems)...).Sort().Err(); err != nil {
		return nil, err
	}
	return newEndpoint(spec, file), nil
}

// news returns the problems that don't follow from earlier ones: where a value
// could not be decoded, nothing else is said of it.
func news(problems, earlier document.Problems) document.Problems {
	return slices.DeleteFunc(problems, func(p document.Problem) bool {
		return slices.ContainsFunc(earlier, func(e document.Problem) bool {
			rest, below := strings.CutPrefix(p.Path, e.Path)
			return below && (rest == "" || rest[0] == '.' || rest[0] == '[')
		})
	})
}

// lint holds a decoded profile against itself.
type lint struct {
	spec     *endpointSpec
	file     *document.File
	size     int // of the file, in bytes
	problems document.Problems
}

func (l *lint) bad(path, message, hint string) {
	l.problems = append(l.problems, l.file.Problem(path, message, hint))
}

var (
	namePattern    = regexp.MustCompile(`^[a-z][a-z0-9]*([_-][a-z0-9]+)*$`)
	versionPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]*$`)
)

// names checks that names are names, and that none is given twice.
func (l *lint) names() {
	s := l.spec
	if s.Endpoint != "" {
		l.unique("endpoint", namePattern, s.Endpoint)
	}
	l.list("versions[%d]", versionPattern, s.Versions)
	l.list("methods[%d].name", namePattern, s.methodNames())
	l.list("settings[%d].name", namePattern, s.settingNames())
	for i, c := range s.Calls {
		if c.Name == "login" || c.Name == "logout" {
			l.bad(fmt.Sprintf("calls[%d].name", i), c.Name+" is the name of a step of its own", "")
		} else if !namePattern.MatchString(c.Name) {
			l.unique(fmt.Sprintf("calls[%d].name", i), namePattern, c.Name)
		}
		if len(c.Requests) == 0 && l.file.Has(fmt.Sprintf("calls[%d].requests", i)) {
			l.bad(fmt.Sprintf("calls[%d].requests", i), "must hold at least one", "")
		}
		if c.Weight != nil && (*c.Weight < 0 || *c.Weight > 1e6) {
			l.bad(fmt.Sprintf("calls[%d].weight", i), "must lie between 0 and 1000000", "")
		}
	}
	for i, v := range s.Settings {
		path := fmt.Sprintf("settings[%d]", i)
		switch {
		case v.Default == "" && v.Example == "" && len(v.Values) == 0:
			l.bad(path, "needs a default or an example", "")
		case len(v.Values) > 0 && !slices.Contains(v.Values, v.Default):
			l.bad(path+".default", "must be one of "+strings.Join(v.Values, ", "), spelling.Nearest(v.Default, v.Values))
		}
	}
}

func (l *lint) list(path string, pattern *regexp.Regexp, names []string) {
	for i, name := range names {
		at := fmt.Sprintf(path, i)
		if slices.Index(names, name) < i {
			l.bad(at, fmt.Sprintf("%q is there twice", name), "")
		} else {
			l.unique(at, pattern, name)
		}
	}
}

func (l *lint) unique(path string, pattern *regexp.Regexp, name string) {
	if len(name) > 64 || !pattern.MatchString(name) {
		l.bad(path, fmt.Sprintf("%q is no name: small letters, digits and dashes", name), "")
	}
}

// references checks that what is named exists.
func (l *lint) references() {
	s := l.spec
	if len(s.Versions) == 0 && l.file.Has("versions") {
		l.bad("versions", "must name at least one", "")
	}
	if len(s.Methods) == 0 && l.file.Has("methods") {
		l.bad("methods", "must name at least one", "")
	}
	l.known("default_version", s.DefaultVersion, s.Versions)
	l.known("default_method", s.DefaultMethod, s.methodNames())
	for i, m := range s.Methods {
		l.versions(fmt.Sprintf("methods[%d]", i), m.Versions, m.WhyNot)
	}
	for _, o := range s.options() {
		path := "options." + o.name
		l.versions(path, o.Versions, o.WhyNot)
		for i, m := range o.Methods {
			l.known(fmt.Sprintf("%s.methods[%d]", path, i), m, s.methodNames())
		}
		if len(o.Methods) > 0 && o.WhyNot == "" {
			l.bad(path, "needs why_not: the reason shown to who uses it elsewhere", "")
		}
	}
	for i, e := range s.Echo {
		for _, list := range []struct {
			key   string
			names []string
		}{{"methods", e.Methods}, {"except_methods", e.ExceptMethods}, {"unchecked", e.Unchecked}} {
			for j, m := range list.names {
				l.known(fmt.Sprintf("echo[%d].%s[%d]", i, list.key, j), m, httpMethods)
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(s.Documents)) {
		if a := s.Documents[key]; !strings.HasPrefix(a, "https://") && !strings.HasPrefix(a, "http://") {
			l.bad("documents."+key, "must be an address that begins with https://", "")
		}
	}
}

func (l *lint) known(path, name string, known []string) {
	if name != "" && !slices.Contains(known, name) {
		l.bad(path, fmt.Sprintf("%q is not known here", name), spelling.Nearest(name, known))
	}
}

func (l *lint) versions(path string, patterns []string, whyNot string) {
	for i, p := range patterns {
		_, name := cutOperator(p)
		at := fmt.Sprintf("%s.versions[%d]", path, i)
		if l.known(at, name, l.spec.Versions); name == "" {
			l.bad(at, "names no version", "")
		}
	}
	if len(patterns) == 0 {
		return
	}
	if whyNot == "" {
		l.bad(path, "needs why_not: the reason shown to who uses another version", "")
	}
	if len(l.spec.allowed(patterns)) == 0 {
		l.bad(path+".versions", "cover no version", "")
	}
}

// methods checks that each method has what it takes, and nothing else.
func (l *lint) methods() {
	for i, m := range l.spec.Methods {
		path := fmt.Sprintf("methods[%d]", i)
		switch {
		case m.EveryCall && len(m.Login)+len(m.Logout) > 0:
			l.bad(path, "has no session to log in to or out of: credentials_on_every_call", "")
		case m.EveryCall && len(m.Credentials) == 0:
			l.bad(path, "needs credentials: the headers that carry them", "")
		case !m.EveryCall && len(m.Credentials) > 0:
			l.bad(path+".credentials", "belong to credentials_on_every_call; a login has them in its requests", "")
		case !m.EveryCall && len(m.Login) == 0:
			l.bad(path, "needs login: the requests that open a session", "")
		case !m.EveryCall && len(m.Logout) == 0 && len(l.spec.Logout) == 0:
			l.bad(path, "has no logout: neither its own nor the profile's", "")
		}
		for j, column := range m.Needs {
			if slices.Index(m.Needs, column) < j {
				l.bad(fmt.Sprintf("%s.needs[%d]", path, j), fmt.Sprintf("%q is there twice", column), "")
			}
		}
	}
}

// combinations compiles everything that is possible.
func (l *lint) combinations() {
	matrix := l.spec.matrix()
	variants := l.variants()
	if n := len(matrix) * len(variants); n > maxCombinations || n*l.size > maxWork {
		l.bad("versions", fmt.Sprintf("make %d combinations with methods, options and settings: too many for a file of %d bytes", n, l.size), "")
		return
	}
	whens, used, here := map[string]bool{}, map[string]bool{}, locals{}
	for _, choice := range matrix {
		for _, choice.Settings = range variants {
			is, err := l.spec.resolve(choice)
			if err != nil {
				l.bad("", err.Error(), "")
				continue
			}
			c := compiler{spec: l.spec, file: l.file, is: is, whens: whens, used: used}
			c.compile()
			l.problems = append(l.problems, c.problems...)
			here.add(&c)
		}
		if l.problems = l.problems.Sort(); len(l.problems)+len(here) > maxProblems {
			break
		}
	}
	l.problems = append(l.problems, here.problems()...)
	for _, path := range slices.Sorted(maps.Keys(whens)) {
		if !whens[path] {
			l.bad(path, "never holds, in no combination of versions, methods, options and settings", "")
		}
	}
	if len(l.problems) == 0 { // what can't be compiled may have sent it
		l.unusedColumns(used)
	}
}

// locals counts the combinations that have a problem, and keeps the first.
type locals map[document.Problem]*struct {
	first string
	count int
}

func (s locals) add(c *compiler) {
	for _, p := range c.here.Sort() {
		if s[p] == nil {
			s[p] = &struct {
				first string
				count int
			}{first: c.is.String()}
		}
		s[p].count++
	}
}

func (s locals) problems() document.Problems {
	var out document.Problems
	for p, where := range s {
		p.Message += " (" + where.first
		if where.count > 1 {
			p.Message += fmt.Sprintf("; and %d more", where.count-1)
		}
		p.Message += ")"
		out = append(out, p)
	}
	return out.Sort()
}

func (l *lint) unusedColumns(used map[string]bool) {
	for i, m := range l.spec.Methods {
		if len(l.spec.allowed(m.Versions)) == 0 {
			continue
		}
		for j, column := range m.Needs {
			if !used[m.Name+" "+column] {
				l.bad(fmt.Sprintf("methods[%d].needs[%d]", i, j), fmt.Sprintf("%q is never sent", column), "")
			}
		}
	}
}

// variants are the settings to try a profile with: each value of those that
// list them, both without and with those that have no default.
func (l *lint) variants() []map[string]string {
	out := []map[string]string{{}}
	for _, s := range l.spec.Settings {
		values := s.Values
		if len(values) == 0 && s.Default == "" {
			values = []string{"", s.Example}
		}
		if len(values) == 0 {
			continue
		}
		var next []map[string]string
		for _, given := range out {
			for _, value := range values {
				one := maps.Clone(given)
				one[s.Name] = value
				next = append(next, one)
			}
		}
		if out = next; len(out) > maxCombinations {
			return out
		}
	}
	return out
}
