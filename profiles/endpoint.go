package profiles

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"authsoak/document"
	"authsoak/spelling"
)

// Endpoint is an endpoint profile, parsed and found valid in every combination
// it allows. It is immutable and safe for concurrent use.
type Endpoint struct {
	Name, Title, About string
	Documents          map[string]string // key to address
	Versions           []string          // oldest first
	DefaultVersion     string
	Methods            []Method
	DefaultMethod      string
	Settings           []Setting
	Options            []Option // client_type, tenant, csrf: those it has

	spec *endpointSpec
	file *document.File
}

// Method is one way to log in.
type Method struct {
	Name, About       string
	Needs             []string // account columns
	Versions          []string // those that know it
	WhyNot            string   // why the others don't
	ClientCertificate bool
	Sessionless       bool // each call carries credentials
}

// Setting is a value that a scenario may set for its server.
type Setting struct {
	Name, About, Default, Example string
	Values                        []string // the only ones allowed; empty: any
}

// Option is something that may be added to a login.
type Option struct {
	Name, About       string // Name: client_type, tenant or csrf
	Example           string
	Methods, Versions []string // those that know it
	WhyNot            string   // why the others don't
}

// Choice is what a scenario chooses of an endpoint profile. Empty fields stand
// for the profile's defaults, and for options not used.
type Choice struct {
	Version, Method, ClientType string
	Tenant                      string
	TenantPerAccount            bool // the tenant is the account's column "tenant"
	CSRF                        bool
	Settings                    map[string]string
}

func newEndpoint(spec *endpointSpec, file *document.File) *Endpoint {
	e := &Endpoint{
		Name: spec.Endpoint, Title: spec.Title, About: strings.TrimSpace(spec.About),
		Documents: spec.Documents, Versions: spec.Versions,
		DefaultVersion: spec.DefaultVersion, DefaultMethod: spec.DefaultMethod,
		spec: spec, file: file,
	}
	for _, m := range spec.Methods {
		e.Methods = append(e.Methods, Method{
			Name: m.Name, About: m.About, Needs: m.Needs, Versions: spec.allowed(m.Versions), WhyNot: m.WhyNot,
			ClientCertificate: m.ClientCertificate, Sessionless: m.EveryCall,
		})
	}
	for _, s := range spec.Settings {
		e.Settings = append(e.Settings, Setting(s))
	}
	for _, o := range spec.options() {
		methods := o.Methods
		if len(methods) == 0 {
			methods = spec.methodNames()
		}
		e.Options = append(e.Options, Option{o.name, o.About, o.example(), methods, spec.allowed(o.Versions), o.WhyNot})
	}
	return e
}

// allowed lists the versions that the patterns cover.
func (s *endpointSpec) allowed(patterns []string) []string {
	var out []string
	for _, v := range s.Versions {
		if s.allows(patterns, v) {
			out = append(out, v)
		}
	}
	return out
}

// namedOption is an option that a profile has.
type namedOption struct {
	name string
	*optionSpec
}

func (s *endpointSpec) options() []namedOption {
	all := []namedOption{{"client_type", s.Options.ClientType}, {"tenant", s.Options.Tenant}, {"csrf", s.Options.CSRF}}
	return slices.DeleteFunc(all, func(o namedOption) bool { return o.optionSpec == nil })
}

func (s *endpointSpec) option(name string) *optionSpec {
	for _, o := range s.options() {
		if o.name == name {
			return o.optionSpec
		}
	}
	return nil
}

func (o *optionSpec) example() string {
	if o.Example == "" {
		return "example"
	}
	return o.Example
}

// serves tells whether an option exists for a version and method.
func (s *endpointSpec) serves(o *optionSpec, version, method string) bool {
	return o != nil && s.allows(o.Versions, version) &&
		(len(o.Methods) == 0 || slices.Contains(o.Methods, method))
}

// Compile makes the flow of one choice. An impossible one is refused with the
// profile's reason.
func (e *Endpoint) Compile(choice Choice) (*Flow, error) {
	is, err := e.spec.resolve(choice)
	if err != nil {
		return nil, fmt.Errorf("endpoint %s: %w", e.Name, err)
	}
	c := compiler{spec: e.spec, file: e.file, is: is}
	flow := c.compile()
	if err := c.all().Err(); err != nil {
		return nil, err
	}
	return flow, nil
}

// resolve fills in defaults and refuses what can't be.
func (s *endpointSpec) resolve(c Choice) (resolved, error) {
	r := resolved{
		version: c.Version, method: c.Method, clientType: c.ClientType,
		tenant: c.Tenant, tenantPerAccount: c.TenantPerAccount, csrf: c.CSRF,
	}
	fill(&r.version, s.DefaultVersion)
	if !slices.Contains(s.Versions, r.version) {
		return r, impossible(unknown("version", r.version, s.Versions).Error(), s.VersionNames)
	}
	if err := s.resolveMethod(&r); err != nil {
		return r, err
	}
	wanted := map[string]bool{"client_type": r.clientType != "", "tenant": r.tenant != "" || r.tenantPerAccount, "csrf": r.csrf}
	for _, name := range []string{"client_type", "tenant", "csrf"} {
		if o := s.option(name); wanted[name] && !s.serves(o, r.version, r.method) {
			why := ""
			if o != nil {
				why = o.WhyNot
			}
			return r, impossible(fmt.Sprintf("%s can't be used with version %s and method %s", name, r.version, r.method), why)
		}
	}
	for name, value := range map[string]string{"client type": r.clientType, "tenant": r.tenant} {
		if controls(value) {
			return r, fmt.Errorf("%s %q: must not hold control characters", name, value)
		}
	}
	var err error
	r.settings, err = s.resolveSettings(c.Settings)
	return r, err
}

// resolveMethod settles the method. Without one named, the first that the
// version knows takes the place of a default that it doesn't know.
func (s *endpointSpec) resolveMethod(r *resolved) error {
	if r.method == "" {
		r.method = s.DefaultMethod
		for _, m := range s.Methods {
			if !s.allows(s.method(r.method).Versions, r.version) && s.allows(m.Versions, r.version) {
				r.method = m.Name
			}
		}
	}
	m := s.method(r.method)
	if m == nil {
		return unknown("method", r.method, s.methodNames())
	}
	if !s.allows(m.Versions, r.version) {
		return impossible(fmt.Sprintf("method %s can't be used with version %s", m.Name, r.version), m.WhyNot)
	}
	return nil
}

func (s *endpointSpec) resolveSettings(given map[string]string) (map[string]string, error) {
	out := make(map[string]string, len(s.Settings))
	for _, v := range s.Settings {
		out[v.Name] = v.Default
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		v, value := s.setting(name), given[name]
		switch {
		case v == nil:
			return nil, unknown("setting", name, s.settingNames())
		case len(v.Values) > 0 && !slices.Contains(v.Values, value):
			return nil, unknown("setting "+name+": value", value, v.Values)
		case value == "" && v.Default != "":
			return nil, fmt.Errorf("setting %s: must not be empty", name)
		case controls(value):
			return nil, fmt.Errorf("setting %s: must not hold control characters", name)
		}
		out[name] = value
	}
	return out, nil
}

func controls(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f })
}

func impossible(what, why string) error {
	if why == "" {
		return fmt.Errorf("%s", what)
	}
	return fmt.Errorf("%s: %s", what, strings.TrimSpace(why))
}

func unknown(kind, name string, known []string) error {
	if hint := spelling.Nearest(name, known); hint != "" {
		return fmt.Errorf("%s %q is not known (did you mean %q?)", kind, name, hint)
	}
	if len(known) == 0 {
		return fmt.Errorf("%s %q is not known: there are none", kind, name)
	}
	return fmt.Errorf("%s %q is not known: there are %s", kind, name, strings.Join(known, ", "))
}

// Matrix lists every possible combination of version, method, client type,
// tenant and csrf, options off first and with the profile's examples.
func (e *Endpoint) Matrix() []Choice { return e.spec.matrix() }

func (s *endpointSpec) matrix() []Choice {
	var out []Choice
	for _, version := range s.Versions {
		for _, m := range s.Methods {
			if !s.allows(m.Versions, version) {
				continue
			}
			choices := []Choice{{Version: version, Method: m.Name}}
			for _, o := range s.options() {
				if s.serves(o.optionSpec, version, m.Name) {
					choices = append(choices, with(choices, o)...)
				}
			}
			out = append(out, choices...)
		}
	}
	return out
}

// with returns the choices with an option added.
func with(choices []Choice, o namedOption) []Choice {
	out := slices.Clone(choices)
	for i := range out {
		switch o.name {
		case "client_type":
			out[i].ClientType = o.example()
		case "tenant":
			out[i].Tenant = o.example()
		case "csrf":
			out[i].CSRF = true
		}
	}
	return out
}
