package scenario

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"authsoak/accounts"
	"authsoak/document"
	"authsoak/profiles"
	"authsoak/spelling"
)

// compiler turns a scenario into a plan. It goes on after a problem, so that
// all of them are found, and changes nothing but its own copy.
type compiler struct {
	Scenario
	shown    *Scenario // the same, completed, with its references left in place
	plan     *Plan
	trace    []time.Duration
	problems document.Problems
	errs     []error // of files that report their own places
}

// Plan compiles the scenario: it reads the accounts and recorded times that the
// scenario names, fills in defaults, and checks that everything fits. The error
// holds every mistake. The scenario stays as it is.
func (s *Scenario) Plan() (*Plan, error) {
	c := s.compiler()
	c.compile(true)
	if err := c.err(); err != nil {
		return nil, err
	}
	return c.plan, nil
}

// Validate checks all that [Scenario.Plan] checks but what accounts files and
// recorded times hold, which it doesn't read.
func (s *Scenario) Validate() error {
	c := s.compiler()
	c.compile(false)
	return c.err()
}

func (s *Scenario) compiler() *compiler {
	return &compiler{Scenario: *s.clone(), shown: s.clone(), plan: &Plan{}}
}

func (s *Scenario) clone() *Scenario {
	out := *s
	out.Labels = maps.Clone(s.Labels)
	out.Targets = slices.Clone(s.Targets)
	out.Thresholds = slices.Clone(s.Thresholds)
	out.Scrape = slices.Clone(s.Scrape)
	for i := range out.Scrape {
		out.Scrape[i].Metrics = slices.Clone(out.Scrape[i].Metrics)
	}
	for i := range out.Targets {
		t := &out.Targets[i]
		t.Settings, t.Calls, t.Resolve = maps.Clone(t.Settings), maps.Clone(t.Calls), slices.Clone(t.Resolve)
		if t.Weight != nil {
			weight := *t.Weight
			t.Weight = &weight
		}
	}
	if s.Load.hold != nil {
		hold := *s.Load.hold
		out.Load.hold = &hold
	}
	return &out
}

func (c *compiler) compile(files bool) {
	c.expand()
	c.header()
	c.completeLoad()
	if files {
		c.readTrace()
	}
	c.completeTargets()
	for i := range c.Targets {
		c.target(i, files)
	}
	c.countless()
	c.scrapes()
	c.shown.complete(&c.Scenario)
	if len(c.problems) > 0 || len(c.errs) > 0 {
		c.thresholds() // their grammar, at least
		return
	}
	c.planTargets()
	if files || c.Load.Arrivals.File == "" {
		c.planLoad()
		c.checkAccounts()
	}
	c.thresholds()
}

// complete takes over what was filled in by compiling, references excepted.
func (s *Scenario) complete(c *Scenario) {
	s.Schema, s.Seed, s.Output = c.Schema, c.Seed, c.Output
	file := s.Load.Arrivals.File
	if s.Load = c.Load; accounts.HasReference(file) {
		s.Load.Arrivals.File = file
	}
	if s.Load.Model != profiles.Open {
		s.Load.Arrivals = profiles.Arrivals{}
	}
	if s.Load.Model != profiles.Population {
		s.Load.Turnover = profiles.Distribution{}
	}
	for i := range s.Targets {
		t, from := &s.Targets[i], &c.Targets[i]
		t.Name, t.Weight, t.HTTP, t.Engine = from.Name, from.Weight, from.HTTP, from.Engine
		t.Accounts.Policy, t.Accounts.Exhausted = from.Accounts.Policy, from.Accounts.Exhausted
		t.Calls = from.Calls
		if t.Version == "" {
			t.Version = from.Version
		}
		if t.Method == "" {
			t.Method = from.Method
		}
	}
}

func (c *compiler) bad(path, message, hint string) {
	c.problems = append(c.problems, c.problem(path, message, hint))
}

// add takes problems that name a path of the scenario's file.
func (c *compiler) add(problems document.Problems) {
	for _, p := range problems {
		if q := c.problem(p.Path, p.Message, p.Hint); q.Line == 0 {
			p = q // no place in the file
		}
		c.problems = append(c.problems, p)
	}
}

// failed takes the error of something that a path refers to.
func (c *compiler) failed(path string, err error) {
	var own document.Problems
	if errors.As(err, &own) {
		c.problems = append(c.problems, own...)
		return
	}
	c.bad(path, err.Error(), "")
}

func (c *compiler) err() error {
	var problems []error
	if err := c.problems.Sort().Err(); err != nil {
		problems = append(problems, err)
	}
	return joinErrors(append(problems, c.errs...))
}

func joinErrors(errs []error) error {
	switch len(errs) {
	case 0:
		return nil
	case 1:
		return errs[0]
	}
	lines := make([]string, len(errs))
	for i, err := range errs {
		lines[i] = err.Error()
	}
	return &manyErrors{errs, strings.Join(lines, "\n")}
}

// manyErrors are errors of several files.
type manyErrors struct {
	errs []error
	text string
}

func (m *manyErrors) Error() string   { return m.text }
func (m *manyErrors) Unwrap() []error { return m.errs }

// known refuses a word that is none of those known; empty is in order.
func (c *compiler) known(path, word string, known []string) {
	if word != "" && !slices.Contains(known, word) {
		c.bad(path, fmt.Sprintf("must be one of %s, not %q", strings.Join(known, ", "), clip(word)), spelling.Nearest(word, known))
	}
}

func (c *compiler) header() {
	p := c.plan
	if c.Schema == "" {
		c.Schema = Format
	}
	if c.Seed == 0 {
		c.Seed = 1
	}
	if c.Output.Dir == "" {
		c.Output.Dir = "runs"
	}
	for key := range c.Labels {
		if err := checkLabel(key); err != nil {
			c.bad(join("labels", key), err.Error(), "")
		}
	}
	p.Name, p.Authorized, p.Seed, p.Labels = c.Name, c.Authorized, c.Seed, maps.Clone(c.Labels)
	if p.Labels == nil {
		p.Labels = map[string]string{}
	}
}

func (c *compiler) readTrace() {
	name := c.Load.Arrivals.File
	if name == "" || c.Load.Arrivals.Process != "trace" {
		return
	}
	r, err := c.World.Open(name)
	if err != nil {
		c.bad("load.arrivals.file", err.Error(), "")
		return
	}
	defer r.Close()
	if c.trace, err = ReadTrace(r, name); err != nil {
		c.errs = append(c.errs, err)
	}
}

// expand puts the values of environment variables into the compiler's copy.
func (c *compiler) expand() {
	c.walk(reflect.ValueOf(&c.Scenario).Elem(), "")
}

// walk goes through every text of a value and its path in the document.
func (c *compiler) walk(v reflect.Value, path string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(c.expanded(path, v.String()))
	case reflect.Slice:
		for i := range v.Len() {
			c.walk(v.Index(i), fmt.Sprintf("%s[%d]", path, i))
		}
	case reflect.Map:
		if v.Type().Elem().Kind() != reflect.String {
			return
		}
		for _, key := range v.MapKeys() {
			value := c.expanded(join(path, key.String()), v.MapIndex(key).String())
			v.SetMapIndex(key, reflect.ValueOf(value))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			field := v.Type().Field(i)
			name, options, _ := strings.Cut(field.Tag.Get("yaml"), ",")
			switch {
			case !field.IsExported() || name == "-":
			case strings.Contains(options, "inline"):
				c.walk(v.Field(i), path)
			case path == "":
				c.walk(v.Field(i), name)
			default:
				c.walk(v.Field(i), path+"."+name)
			}
		}
	}
}

func (c *compiler) expanded(path, text string) string {
	out, err := accounts.Expand(text, c.World.Env)
	if err != nil {
		c.bad(path, strings.ReplaceAll(err.Error(), "\n", ", "), "")
	}
	return out
}
