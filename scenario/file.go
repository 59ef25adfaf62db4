package scenario

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"authsoak/accounts"
	"authsoak/document"
	"authsoak/profiles"
)

// Format is the schema key of a scenario file. It may be left out.
const Format = "authsoak/scenario/v1"

// Scenario is a scenario as written, by file or by flags. Every text in it may
// refer to the environment as ${env:NAME}. A relative path in a file counts from
// the file's folder.
type Scenario struct {
	Schema     format            `yaml:"schema,omitempty" about:"the format of this file"`
	Name       string            `yaml:"name,omitempty" about:"the scenario's name, for reports; left out: the file's"`
	Authorized string            `yaml:"authorized,omitempty" about:"who allowed this load on servers outside private networks, and where that is written down"`
	Labels     map[string]string `yaml:"labels,omitempty" about:"facts about the run (a build, an environment) that go into its summary"`
	Seed       uint64            `yaml:"seed,omitempty" about:"decides every draw; left out: 1"`
	Targets    []Target          `yaml:"targets,omitempty" about:"the servers"`
	Load       Load              `yaml:"load,omitempty" about:"how hard they are driven: the name of a built-in load, or what it is"`
	Thresholds []Threshold       `yaml:"thresholds,omitempty" about:"limits that the run must keep"`
	Scrape     []Scrape          `yaml:"scrape,omitempty" about:"Prometheus endpoints of the targets, whose memory is followed"`
	Output     Output            `yaml:"output,omitempty" about:"where results go"`

	// World is where files and environment variables come from.
	World World `yaml:"-"`

	file    *document.File
	origins map[string]string // path in the scenario → the flag that set it
}

// World is what a scenario reads while it is compiled.
type World struct {
	Open func(path string) (io.ReadCloser, error)
	Env  func(name string) (string, bool)
}

// realWorld is the file system and the environment of the process.
var realWorld = World{
	Open: func(path string) (io.ReadCloser, error) { return os.Open(path) },
	Env:  os.LookupEnv,
}

type format string

// Known lists the formats.
func (format) Known() []string { return []string{Format} }

// Target is one server.
type Target struct {
	Name       string             `yaml:"name,omitempty" about:"its name in reports; left out: the endpoint's"`
	Endpoint   string             `yaml:"endpoint" document:"required" about:"a built-in endpoint type, or the path of a profile"`
	Version    string             `yaml:"version,omitempty" about:"the server's version; left out: the profile's default"`
	Method     string             `yaml:"method,omitempty" about:"how to log in; left out: the profile's default"`
	URL        string             `yaml:"url" document:"required" about:"http:// or https://, host, port and base path"`
	Weight     *float64           `yaml:"weight,omitempty" about:"its part of the load; left out: 1"`
	ClientType string             `yaml:"client_type,omitempty" about:"the client type named at login"`
	Tenant     string             `yaml:"tenant,omitempty" about:"the tenant named at login"`
	CSRF       bool               `yaml:"csrf,omitempty" about:"ask for protection against cross-site requests at login"`
	Settings   map[string]string  `yaml:"settings,omitempty" about:"values of the profile's settings"`
	Accounts   Accounts           `yaml:"accounts,omitempty" about:"who logs in"`
	Calls      map[string]float64 `yaml:"calls,omitempty" about:"the mix of calls by weight; left out: the profile's"`
	TLS        TLS                `yaml:"tls,omitempty" about:"how the server is believed, and with what it is convinced"`
	HTTP       HTTP               `yaml:"http,omitempty" about:"the protocol; left out: 1.1"`
	Engine     Engine             `yaml:"engine,omitempty" about:"fast: our own client; standard: Go's, for HTTP/2 and proxies; left out: fast where it can be"`
	Proxy      string             `yaml:"proxy,omitempty" about:"the URL of a proxy"`
	Resolve    []string           `yaml:"resolve,omitempty" about:"HOST:PORT:ADDR, to pin one node behind a balancer"`
	Source     string             `yaml:"source,omitempty" about:"the local address to connect from"`
}

// Format prints which target it is; the proxy may hold a password.
func (t Target) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "{target %s, %s}", t.Name, blankUserInfo(t.URL))
}

// HTTP is a version of the protocol.
type HTTP string

// Versions of HTTP.
const (
	HTTP1 HTTP = "1.1"
	HTTP2 HTTP = "2"
)

// Known lists the versions.
func (HTTP) Known() []string { return []string{string(HTTP1), string(HTTP2)} }

// Accounts says who logs in. It never prints what it holds.
type Accounts struct {
	File      string    `yaml:"file,omitempty" about:"a CSV file; its first row names the columns"`
	Generate  string    `yaml:"generate,omitempty" about:"a pattern USER:SECRET:COUNT, user{n}:pw{n}:1000 for example"`
	Policy    policy    `yaml:"policy,omitempty" about:"lease: one session at a time for each account; round-robin: in turn; shared: at random; left out: lease"`
	Exhausted Exhausted `yaml:"exhausted,omitempty" about:"what becomes of a cycle for which no account is free; left out: wait"`
}

// Format prints where the accounts come from, never a pattern.
func (a Accounts) Format(f fmt.State, _ rune) {
	if a.Generate != "" {
		fmt.Fprint(f, "{generated accounts}")
		return
	}
	fmt.Fprintf(f, "{accounts of %q}", a.File)
}

type policy string

// Known lists the policies.
func (policy) Known() []string { return accounts.Policies() }

// TLS says how the server is believed, and with what it is convinced.
type TLS struct {
	CA         string `yaml:"ca,omitempty" about:"a PEM file of the authorities to trust; left out: the system's"`
	ClientCert string `yaml:"client_cert,omitempty" about:"a PEM file of the client's certificate, for accounts without one of their own"`
	ClientKey  string `yaml:"client_key,omitempty" about:"a PEM file of its key; left out: in client_cert too"`
	Insecure   bool   `yaml:"insecure,omitempty" about:"don't verify the server's certificate; stands in every report"`
	ServerName string `yaml:"server_name,omitempty" about:"the name the certificate must have; left out: the URL's host"`
}

// Load is the load section: what a load profile says, or the name of one, or a
// name and what differs from it.
type Load struct {
	Use           string `yaml:"use,omitempty" about:"the built-in load, or the load file, that this one starts from"`
	Endless       bool   `yaml:"endless,omitempty" about:"the last stage, a step, is held until the run is stopped"`
	profiles.Load `yaml:",inline"`

	level *float64       // what a flag asks for in the place of stages
	hold  *time.Duration // how long the hold phase is to be, from a flag
	held  bool           // the stages come from hold
	asked []ExperimentFlag
}

// DecodeValue reads the name of a load, or a load.
func (l *Load) DecodeValue(v document.Value) document.Problems {
	type plain Load
	if v.IsMapping() {
		return v.Decode((*plain)(l))
	}
	return v.Decode(&l.Use)
}

// Schema describes what DecodeValue accepts.
func (Load) Schema(of func(reflect.Type) map[string]any) map[string]any {
	type load Load
	return map[string]any{"anyOf": []any{of(reflect.TypeFor[string]()), of(reflect.TypeFor[load]())}}
}

// Threshold is a limit that the run must keep.
type Threshold struct {
	Expr  string            `yaml:"expr" document:"required" about:"FUNCTION(METRIC) OPERATOR VALUE, p99(login.response) < 500ms for example"`
	Over  document.Duration `yaml:"over,omitempty" about:"judged over every window of this length; left out: over the whole hold phase"`
	Stop  bool              `yaml:"stop,omitempty" about:"end the run when it is broken"`
	After document.Duration `yaml:"after,omitempty" about:"not judged in this first part of the hold phase"`
}

// DecodeValue reads an expression, or one with its conditions.
func (t *Threshold) DecodeValue(v document.Value) document.Problems {
	type plain Threshold
	if v.IsMapping() {
		return v.Decode((*plain)(t))
	}
	return v.Decode(&t.Expr)
}

// Schema describes what DecodeValue accepts.
func (Threshold) Schema(of func(reflect.Type) map[string]any) map[string]any {
	type threshold Threshold
	return map[string]any{"anyOf": []any{of(reflect.TypeFor[string]()), of(reflect.TypeFor[threshold]())}}
}

// Output says where results go.
type Output struct {
	Dir string `yaml:"dir,omitempty" about:"the folder of run folders; left out: runs"`
}

// Read reads a scenario file.
func Read(path string) (*Scenario, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, data)
}

// Parse reads a scenario from the text of a file of that name. The error holds
// every mistake of form and, beside those, whatever else is wrong; in a file of
// good form, whether the parts fit each other is for [Scenario.Plan] to say, once
// flags have been applied.
func Parse(name string, data []byte) (*Scenario, error) {
	file, err := document.Parse(name, data)
	if err != nil {
		return nil, err
	}
	s := &Scenario{World: realWorld, file: file, origins: map[string]string{}}
	problems := file.Decode(s)
	s.Load.StateIn(file, "load")
	if s.Name == "" {
		base := filepath.Base(name)
		s.Name = strings.TrimSuffix(base, filepath.Ext(base))
	}
	s.anchor(filepath.Dir(name))
	if len(problems) > 0 {
		return nil, append(problems, s.beside(problems)...).Sort()
	}
	return s, nil
}

// beside lists what doesn't fit in the parts of the file that are free of
// mistakes of form, so that a user sees everything at once.
func (s *Scenario) beside(form document.Problems) document.Problems {
	c := s.compiler()
	c.compile(false)
	var out document.Problems
	for _, p := range c.problems {
		if p.Path != "" && !slices.ContainsFunc(form, func(f document.Problem) bool { return within(f.Path, p.Path) || within(p.Path, f.Path) }) {
			out = append(out, p)
		}
	}
	return out
}

// within tells whether a path is the other or below it.
func within(path, other string) bool {
	rest, ok := strings.CutPrefix(path, other)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// Schema returns the JSON Schema (draft 2020-12) of scenario files.
func Schema() []byte {
	return document.Schema("urn:authsoak:schema:scenario:v1", "authsoak scenario", Scenario{})
}

// anchor makes the file's paths count from dir.
func (s *Scenario) anchor(dir string) {
	paths := []*string{&s.Load.Arrivals.File}
	if isPath(s.Load.Use) {
		paths = append(paths, &s.Load.Use)
	}
	for i := range s.Targets {
		t := &s.Targets[i]
		if isPath(t.Endpoint) {
			paths = append(paths, &t.Endpoint)
		}
		paths = append(paths, &t.Accounts.File, &t.TLS.CA, &t.TLS.ClientCert, &t.TLS.ClientKey)
	}
	for _, p := range paths {
		if *p != "" && !filepath.IsAbs(*p) && !strings.HasPrefix(*p, "${env:") {
			*p = filepath.Join(dir, *p)
		}
	}
}

// isPath tells the path of a profile from the name of a built-in one.
func isPath(name string) bool {
	return strings.ContainsAny(name, `/\`) || strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml")
}

// problem makes a problem at a path of the scenario: at the flag that set it,
// or where the file has it.
func (s *Scenario) problem(path, message, hint string) document.Problem {
	for at := path; at != ""; at = parent(at) {
		if flag, ok := s.origins[at]; ok {
			return document.Problem{Position: document.Position{File: flag}, Message: message, Hint: hint}
		}
	}
	p := s.file.Problem(path, message, hint)
	if s.file.Empty() {
		p.Line = 0
	}
	return p
}

// flags name the flag that sets a key of a target or of the load, where there is
// one and nothing else.
var flags = map[string]string{
	"accounts": "--accounts", "tls.ca": "--ca", "tls.client_cert": "--client-cert", "tls.client_key": "--client-key",
	"tls.insecure": "--insecure",
}

// setBy names what a user has to change for a key of a target, or of the load: the
// flag that gave it or, where there is no file, could give it; else the key.
func (s *Scenario) setBy(of, key string) string {
	if flag, ok := s.origins[of+"."+key]; ok {
		return flag
	}
	if flag, ok := flags[key]; ok && s.file.Empty() {
		return flag
	}
	if of != "load" {
		return key
	}
	if flag, ok := s.origins[of]; ok {
		return flag
	}
	return of + "." + key
}

// parent returns the path without its last part.
func parent(path string) string {
	return path[:max(0, strings.LastIndexAny(path, ".["))]
}
