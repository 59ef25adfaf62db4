package profiles

import (
	"fmt"
	"slices"
	"strings"

	"authsoak/spelling"
)

// resolved is a choice with nothing left open.
type resolved struct {
	version, method  string
	clientType       string
	tenant           string
	tenantPerAccount bool
	csrf             bool
	settings         map[string]string
}

// comparisons are the operators of a term, longer ones first.
var comparisons = []string{">=", "<=", "!=", "=", ">", "<"}

// holds tells whether all terms hold, and remembers for each place whether it
// ever held, so that what can never be reached is found.
func (c *compiler) holds(path string, w when) bool {
	all := true
	for i, text := range w {
		ok, problem, hint := c.term(strings.TrimSpace(text))
		if problem != "" {
			c.bad(c.termPath(path, i), problem, hint)
			ok = true // one report is enough
		}
		all = all && ok
	}
	if c.whens != nil && len(w) > 0 {
		c.whens[path+".when"] = c.whens[path+".when"] || all
	}
	return all
}

// termPath is where term i of a when stands: it may be a list or one text.
func (c *compiler) termPath(path string, i int) string {
	if at := fmt.Sprintf("%s.when[%d]", path, i); c.file.Has(at) {
		return at
	}
	return path + ".when"
}

// term evaluates one term.
func (c *compiler) term(text string) (holds bool, problem, hint string) {
	for _, op := range comparisons {
		if subject, values, found := strings.Cut(text, op); found {
			return c.compare(strings.TrimSpace(subject), op, strings.TrimSpace(values))
		}
	}
	word, negated := strings.CutPrefix(text, "!")
	is, known := false, true
	switch name, isSetting := strings.CutPrefix(word, "setting."); {
	case isSetting:
		is = c.is.settings[name] != ""
		known = c.spec.setting(name) != nil
	case word == "csrf":
		is = c.is.csrf
	case word == "client_type":
		is = c.is.clientType != ""
	case word == "tenant":
		is = c.is.tenant != "" || c.is.tenantPerAccount
	default:
		known = false
	}
	if !known {
		return false, fmt.Sprintf("%q is no term: %s", text, "csrf, client_type, tenant, setting.NAME, or a comparison of version, method or setting.NAME"),
			spelling.Nearest(word, c.termWords())
	}
	return is != negated, "", ""
}

func (c *compiler) termWords() []string {
	words := []string{"csrf", "client_type", "tenant"}
	for _, s := range c.spec.Settings {
		words = append(words, "setting."+s.Name)
	}
	return words
}

// compare evaluates SUBJECT OP VALUE|VALUE….
func (c *compiler) compare(subject, op, list string) (holds bool, problem, hint string) {
	var actual string
	var known []string
	switch name, isSetting := strings.CutPrefix(subject, "setting."); {
	case subject == "version":
		actual, known = c.is.version, c.spec.Versions
	case subject == "method":
		actual, known = c.is.method, c.spec.methodNames()
	case isSetting && c.spec.setting(name) != nil:
		actual, known = c.is.settings[name], c.spec.setting(name).Values
	default:
		return false, fmt.Sprintf("%q can't be compared: version, method and setting.NAME can", subject),
			spelling.Nearest(subject, append(c.termWords(), "version", "method"))
	}
	values := strings.Split(list, "|")
	for i, v := range values {
		values[i] = strings.TrimSpace(v)
		if len(known) > 0 && !slices.Contains(known, values[i]) {
			return false, fmt.Sprintf("%s has no value %q", subject, values[i]), spelling.Nearest(values[i], known)
		}
	}
	switch op {
	case "=":
		return slices.Contains(values, actual), "", ""
	case "!=":
		return !slices.Contains(values, actual), "", ""
	}
	if subject != "version" || len(values) != 1 {
		return false, fmt.Sprintf("%s compares one version: version %s VERSION", op, op), ""
	}
	return ordered(slices.Index(known, actual), op, slices.Index(known, values[0])), "", ""
}

func ordered(a int, op string, b int) bool {
	switch op {
	case ">=":
		return a >= b
	case "<=":
		return a <= b
	case ">":
		return a > b
	}
	return a < b
}

// allows tells whether a list of version patterns (2021, or >= 2021) covers a
// version. An empty list covers all.
func (s *endpointSpec) allows(patterns []string, version string) bool {
	if len(patterns) == 0 {
		return true
	}
	for _, p := range patterns {
		op, name := cutOperator(p)
		if op == "" && name == version {
			return true
		}
		if op != "" && ordered(slices.Index(s.Versions, version), op, slices.Index(s.Versions, name)) {
			return true
		}
	}
	return false
}

// cutOperator takes the operator off a version pattern.
func cutOperator(pattern string) (op, name string) {
	pattern = strings.TrimSpace(pattern)
	for _, op := range []string{">=", "<=", ">", "<"} {
		if rest, found := strings.CutPrefix(pattern, op); found {
			return op, strings.TrimSpace(rest)
		}
	}
	return "", pattern
}

func (s *endpointSpec) setting(name string) *settingSpec {
	for i := range s.Settings {
		if s.Settings[i].Name == name {
			return &s.Settings[i]
		}
	}
	return nil
}

func (s *endpointSpec) method(name string) *methodSpec {
	for i := range s.Methods {
		if s.Methods[i].Name == name {
			return &s.Methods[i]
		}
	}
	return nil
}

func (s *endpointSpec) methodNames() []string {
	names := make([]string, len(s.Methods))
	for i, m := range s.Methods {
		names[i] = m.Name
	}
	return names
}

func (s *endpointSpec) settingNames() []string {
	names := make([]string, len(s.Settings))
	for i, v := range s.Settings {
		names[i] = v.Name
	}
	return names
}
