package scenario

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"authsoak/document"
	"authsoak/profiles"
	"authsoak/spelling"
)

// Overrides is what flags say. Zero values and nil pointers say nothing. What is
// said of targets (method, accounts, TLS, …) goes for all of them.
type Overrides struct {
	Targets    []TargetFlag
	Method     string
	Accounts   *Accounts // see [ParseAccounts]
	ClientType string
	Tenant     string
	CSRF       *bool
	CA         string
	ClientCert string
	ClientKey  string
	Insecure   *bool
	HTTP       string
	Engine     string
	Proxy      string
	Resolve    []string
	Source     string

	Authorized string
	Labels     map[string]string
	Out        string
	Seed       *uint64

	Load       string   // name or file
	Rate       *float64 // cycles per second: open model
	Users      *int     // closed model
	Population *int     // sessions: population model
	// Duration is the hold phase: the time after the warm-up. 0 is until the run
	// is stopped.
	Duration    *time.Duration
	Warmup      *time.Duration
	Calls       *int
	Think       *time.Duration // constant
	Slack       *time.Duration
	Workers     *int
	Connections string
	Abandon     *float64
	Thresholds  []string
	Scrape      []string
	// Experiment changes keys of the load's experiment.
	Experiment []ExperimentFlag
}

// defaultHold is the hold phase of a load that flags describe without saying
// how long it is.
const defaultHold = time.Minute

// FromFlags makes a scenario of flags alone. Without a target it is an error;
// without a load it is the built-in load smoke, which hurts no server.
func FromFlags(o Overrides) (*Scenario, error) {
	if len(o.Targets) == 0 {
		return nil, errors.New("no target: name one with --target ENDPOINT=URL, or in a scenario file")
	}
	file, err := document.Parse("command line", nil)
	if err != nil {
		return nil, err
	}
	s := &Scenario{World: realWorld, file: file, origins: map[string]string{}}
	if err := s.Apply(o); err != nil {
		return nil, err
	}
	if o.Load == "" && o.Rate == nil && o.Users == nil && o.Population == nil {
		s.Load.Use = "smoke"
	}
	s.Name = profileName(s.Targets[0].Endpoint)
	return s, nil
}

// Apply lets flags override the scenario. A --target that names one of its
// targets, by name or by an endpoint that only one has, replaces that one's URL
// and version; in a scenario without targets each --target makes one. On an
// error the scenario is of no more use.
func (s *Scenario) Apply(o Overrides) error {
	errs := []error{s.applyTargets(o.Targets)}
	for i := range s.Targets {
		s.applyToTarget(i, &o)
	}
	set(s, "authorized", "--authorized", &s.Authorized, o.Authorized)
	set(s, "output.dir", "--out", &s.Output.Dir, o.Out)
	setTo(s, "seed", "--seed", &s.Seed, o.Seed)
	for key, value := range o.Labels {
		if s.Labels == nil {
			s.Labels = map[string]string{}
		}
		s.Labels[key] = value
		s.from(join("labels", key), "--label")
	}
	for _, expr := range o.Thresholds {
		s.from(fmt.Sprintf("thresholds[%d]", len(s.Thresholds)), "--threshold")
		s.Thresholds = append(s.Thresholds, Threshold{Expr: expr})
	}
	for _, u := range o.Scrape {
		s.from(fmt.Sprintf("scrape[%d]", len(s.Scrape)), "--scrape")
		s.Scrape = append(s.Scrape, Scrape{URL: u})
	}
	errs = append(errs, s.applyLoad(&o))
	return errors.Join(errs...)
}

// from remembers which flag set a value.
func (s *Scenario) from(path, flag string) { s.origins[path] = flag }

func set[T ~string](s *Scenario, path, flag string, field *T, value string) {
	if value != "" {
		*field = T(value)
		s.from(path, flag)
	}
}

func setTo[T any](s *Scenario, path, flag string, field *T, value *T) {
	if value != nil {
		*field = *value
		s.from(path, flag)
	}
}

func (s *Scenario) applyTargets(flags []TargetFlag) error {
	var errs []error
	fresh := len(s.Targets) == 0
	for _, f := range flags {
		if fresh {
			at := fmt.Sprintf("targets[%d]", len(s.Targets))
			s.from(at, "--target "+f.Endpoint)
			s.Targets = append(s.Targets, Target{Endpoint: f.Endpoint, Version: f.Version, URL: f.URL})
			continue
		}
		i, err := s.find(f.Endpoint)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		at := fmt.Sprintf("targets[%d]", i)
		set(s, at+".url", "--target "+f.Endpoint, &s.Targets[i].URL, f.URL)
		set(s, at+".version", "--target "+f.Endpoint, &s.Targets[i].Version, f.Version)
	}
	return errors.Join(errs...)
}

// find returns the target that a --target names.
func (s *Scenario) find(name string) (int, error) {
	var known []string
	var endpoints []int
	for i, t := range s.Targets {
		if t.Name == name {
			return i, nil
		}
		if t.Endpoint == name {
			endpoints = append(endpoints, i)
		}
		known = append(known, displayName(t))
	}
	switch len(endpoints) {
	case 1:
		return endpoints[0], nil
	case 0:
		hint := ""
		if near := spelling.Nearest(name, known); near != "" {
			hint = fmt.Sprintf(" (did you mean %q?)", near)
		}
		return 0, fmt.Errorf("--target %s: the scenario has no such target%s: it has %s", name, hint, strings.Join(known, ", "))
	}
	return 0, fmt.Errorf("--target %s: %d targets of the scenario have that endpoint: say the target's name", name, len(endpoints))
}

func displayName(t Target) string {
	if t.Name != "" {
		return t.Name
	}
	return t.Endpoint
}

func (s *Scenario) applyToTarget(i int, o *Overrides) {
	t, at := &s.Targets[i], fmt.Sprintf("targets[%d].", i)
	set(s, at+"method", "--method", &t.Method, o.Method)
	set(s, at+"client_type", "--client-type", &t.ClientType, o.ClientType)
	set(s, at+"tenant", "--tenant", &t.Tenant, o.Tenant)
	setTo(s, at+"csrf", "--csrf", &t.CSRF, o.CSRF)
	set(s, at+"tls.ca", "--ca", &t.TLS.CA, o.CA)
	set(s, at+"tls.client_cert", "--client-cert", &t.TLS.ClientCert, o.ClientCert)
	set(s, at+"tls.client_key", "--client-key", &t.TLS.ClientKey, o.ClientKey)
	setTo(s, at+"tls.insecure", "--insecure", &t.TLS.Insecure, o.Insecure)
	set(s, at+"http", "--http", &t.HTTP, o.HTTP)
	set(s, at+"engine", "--engine", &t.Engine, o.Engine)
	set(s, at+"proxy", "--proxy", &t.Proxy, o.Proxy)
	set(s, at+"source", "--source", &t.Source, o.Source)
	if o.Resolve != nil {
		t.Resolve = o.Resolve
		s.from(at+"resolve", "--resolve")
	}
	if a := o.Accounts; a != nil {
		t.Accounts.File, t.Accounts.Generate = a.File, a.Generate
		s.from(at+"accounts", "--accounts")
		s.from(at+"accounts.file", "--accounts")
		s.from(at+"accounts.generate", "--accounts")
	}
}

func (s *Scenario) applyLoad(o *Overrides) error {
	l := &s.Load
	if o.Load != "" {
		*l = Load{Use: o.Load}
		s.from("load", "--load")
	}
	errs := []error{s.applyLevel(o)}
	if o.Warmup != nil {
		l.Warmup = document.Duration(*o.Warmup)
		s.states("warmup", "--warmup")
	}
	if o.Duration != nil {
		l.hold = o.Duration
		s.from("load.endless", "--duration")
	}
	if o.Calls != nil {
		l.Calls = profiles.Count{Distribution: profiles.ConstantShape, Count: *o.Calls}
		s.states("calls", "--calls")
	}
	if o.Slack != nil {
		l.Slack = document.Duration(*o.Slack)
		s.states("slack", "--slack")
	}
	if o.Think != nil {
		l.Think = profiles.Distribution{Distribution: profiles.ConstantShape, Mean: document.Duration(*o.Think)}
		s.states("think", "--think")
	}
	if o.Abandon != nil {
		l.Abandon = document.Share(*o.Abandon)
		s.states("abandon", "--abandon")
	}
	if o.Workers != nil {
		l.Workers = *o.Workers
		s.states("workers", "--workers")
	}
	if len(o.Experiment) > 0 {
		l.asked = o.Experiment
		s.from("load.experiment", "--experiment")
	}
	set(s, "load.connections", "--connections", &l.Connections, o.Connections)
	for _, d := range []struct {
		flag  string
		value *time.Duration
	}{{"--warmup", o.Warmup}, {"--duration", o.Duration}, {"--think", o.Think}, {"--slack", o.Slack}} {
		if d.value != nil && *d.value < 0 {
			errs = append(errs, fmt.Errorf("%s %v: must not be negative", d.flag, *d.value))
		}
	}
	return errors.Join(errs...)
}

// states remembers which flag gave a key of the load, 0 included.
func (s *Scenario) states(key, flag string) {
	s.Load.State(key)
	s.from("load."+key, flag)
}

// applyLevel makes the load that --rate, --users or --population asks for: one
// level, held. It keeps what the load says of anything but model and stages.
func (s *Scenario) applyLevel(o *Overrides) error {
	var flags []string
	level := func(flag string, model profiles.Model, value float64) {
		flags = append(flags, flag)
		s.Load.keepFor(model)
		s.Load.Model, s.Load.level = model, &value
		s.from("load.stages", flag)
		s.from("load.model", flag)
	}
	if o.Rate != nil {
		level("--rate", profiles.Open, *o.Rate)
	}
	if o.Users != nil {
		level("--users", profiles.Closed, float64(*o.Users))
	}
	if o.Population != nil {
		level("--population", profiles.Population, float64(*o.Population))
	}
	if len(flags) > 1 {
		return fmt.Errorf("%s: these are different models of load: give one", strings.Join(flags, " and "))
	}
	return nil
}

// join adds a key to a path of the scenario.
func join(path, key string) string {
	if strings.ContainsAny(key, ".[]\"\\\n") || key == "" {
		return fmt.Sprintf("%s[%q]", path, key)
	}
	return path + "." + key
}
