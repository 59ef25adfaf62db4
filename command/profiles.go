package command

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"authsoak/document"
	"authsoak/profiles"
	"authsoak/results"
	"authsoak/rules"
	"authsoak/scenario"
	"authsoak/spelling"
)

func (p *program) profilesCommand() *cli.Command {
	return &cli.Command{
		Name:  "profiles",
		Usage: "show the built-in profiles, and check one's own",
		Description: `
An endpoint profile says what a server speaks, a load profile how hard it is
driven. Both are YAML; one's own stand in for the built-in ones anywhere.`,
		UsageText: `
authsoak profiles list
authsoak profiles show acme > my.yaml   (a server of one's own)
authsoak profiles lint my.yaml
authsoak run --target my.yaml=https://test.example`,
		Subcommands: []*cli.Command{
			{Name: "list", Usage: "list them, with versions and login methods", Action: p.listProfiles},
			{Name: "show", Usage: "print the YAML of one", ArgsUsage: "NAME", Action: p.showProfile},
			{Name: "lint", Usage: "check files: endpoints, loads and scenarios", ArgsUsage: "FILE…", Action: p.lint, Description: `
Everything that is wrong is told at once, with its place and what was probably
meant. The exit code is 2 then. Nothing is sent anywhere.`},
			{Name: "schema", Usage: "print the JSON Schema of a kind of file, for editors", ArgsUsage: "endpoint|load|scenario|summary|capacity", Action: p.schema, UsageText: `
authsoak profiles schema scenario > scenario.schema.json
and in the file:  # yaml-language-server: $schema=scenario.schema.json
authsoak profiles schema summary        (of a run's summary.json)
authsoak profiles schema capacity       (of a search's capacity.json)`},
		},
		HideHelpCommand: true,
	}
}

func (p *program) listProfiles(c *cli.Context) error {
	if _, err := operands(c, 0, 0); err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString("endpoints (* is taken where a target names none)\n")
	for _, e := range profiles.Endpoints() {
		hang(&b, fmt.Sprintf("\n  %-8s", e.Name), listColumn, e.Title)
		hang(&b, "    versions", listColumn, joinMarked(e.Versions, e.DefaultVersion, nil))
		names, since := methodsOf(e)
		hang(&b, "    methods", listColumn, joinMarked(names, e.DefaultMethod, since))
	}
	b.WriteString("\nloads\n\n")
	for _, l := range profiles.Loads() {
		load := l.Load
		load.Defaults()
		hang(&b, fmt.Sprintf("  %-8s", l.Name), listColumn, fmt.Sprintf("%s model, %s. %s", load.Model, document.Duration(load.Length()), l.About))
	}
	_, err := io.WriteString(p.Out, b.String())
	return err
}

// listColumn is where the lists of profiles begin.
const listColumn = 14

// joinMarked joins names, marks the usual one, and puts the notes behind theirs.
func joinMarked(names []string, usual string, notes map[string]string) string {
	words := make([]string, len(names))
	for i, n := range names {
		words[i] = n
		if n == usual && len(names) > 1 {
			words[i] += "*"
		}
		words[i] += notes[n]
	}
	return strings.Join(words, ", ")
}

// methodsOf names the methods and says of which versions they are, where not of
// all.
func methodsOf(e *profiles.Endpoint) (names []string, notes map[string]string) {
	notes = map[string]string{}
	for _, m := range e.Methods {
		names = append(names, m.Name)
		if n := len(m.Versions); n > 0 && n < len(e.Versions) {
			notes[m.Name] = " (" + m.Versions[0]
			if n > 1 {
				notes[m.Name] += " to " + m.Versions[n-1]
			}
			notes[m.Name] += ")"
		}
	}
	return names, notes
}

func (p *program) showProfile(c *cli.Context) error {
	names, err := operands(c, 1, 1)
	if err != nil {
		return err
	}
	var known []string
	for _, e := range profiles.Endpoints() {
		known = append(known, e.Name)
	}
	kind := "endpoint"
	for _, l := range profiles.Loads() {
		known = append(known, l.Name)
		if l.Name == names[0] {
			kind = "load"
		}
	}
	if !slices.Contains(known, names[0]) {
		if isFile(names[0]) {
			return wrongUse(c, fmt.Errorf("%s is a file, and show prints the built-in profiles: authsoak profiles lint %[1]s checks it", names[0]))
		}
		hint := "there are " + strings.Join(known, ", ")
		if near := spelling.Nearest(names[0], known); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		return wrongUse(c, fmt.Errorf("no built-in profile %q: %s", names[0], hint))
	}
	text, err := profiles.Source(kind, names[0])
	if err != nil {
		return err
	}
	_, err = p.Out.Write(text)
	return err
}

// isFile tells a file, or what is written like one, from the name of a profile.
func isFile(name string) bool {
	if ext := filepath.Ext(name); ext == ".yaml" || ext == ".yml" {
		return true
	}
	info, err := os.Stat(name)
	return err == nil && !info.IsDir()
}

// Kinds of file that lint and schema know; a summary and a capacity are written by
// authsoak alone.
const (
	endpointKind = "endpoint"
	loadKind     = "load"
	scenarioKind = "scenario"
	summaryKind  = "summary"
	capacityKind = "capacity"
)

func (p *program) schema(c *cli.Context) error {
	kinds, err := operands(c, 0, 1)
	if err != nil {
		return err
	}
	known := map[string]func() []byte{
		endpointKind: profiles.EndpointSchema, loadKind: profiles.LoadSchema, scenarioKind: scenario.Schema,
		summaryKind: results.SummarySchemaJSON, capacityKind: results.CapacitySchemaJSON,
	}
	if len(kinds) == 0 {
		kinds = []string{endpointKind}
	}
	write, ok := known[kinds[0]]
	if !ok {
		return wrongUse(c, fmt.Errorf("no schema %q: there are endpoint, load, scenario, summary and capacity", kinds[0]))
	}
	_, err = p.Out.Write(write())
	return err
}

func (p *program) lint(c *cli.Context) error {
	files, err := operands(c, 1, -1)
	if err != nil {
		return err
	}
	var bad []error
	for _, name := range files {
		what, err := lintFile(name)
		if err != nil {
			bad = append(bad, err)
			continue
		}
		if _, err := fmt.Fprintf(p.Out, "%s: a valid %s\n", name, what); err != nil {
			return err
		}
	}
	return errors.Join(bad...)
}

// lintFile checks one file and says what it is.
func lintFile(name string) (string, error) {
	data, err := readLimited(name)
	if err != nil {
		return "", err
	}
	kind, err := kindOf(name, data)
	if err != nil {
		return "", err
	}
	switch kind {
	case loadKind:
		l, err := profiles.ParseLoad(name, data)
		if err != nil {
			return "", err
		}
		return "load profile, " + l.Name, nil
	case scenarioKind:
		s, err := scenario.Parse(name, data)
		if err != nil {
			return "", err
		}
		return "scenario", s.Validate()
	}
	e, err := profiles.ParseEndpoint(name, data)
	if err == nil {
		err = rules.CheckStatements(e.Statements())
	}
	if err != nil {
		return "", err
	}
	ways := "1 way"
	if n := len(e.Matrix()); n != 1 {
		ways = fmt.Sprintf("%d ways", n)
	}
	return fmt.Sprintf("endpoint profile, %s, with %s to log in", e.Name, ways), nil
}

func readLimited(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, document.MaxBytes+1))
}

// kindOf tells what a file is by its schema key, or by keys that only one kind
// has.
func kindOf(name string, data []byte) (string, error) {
	file, err := document.Parse(name, data)
	if err != nil {
		return "", err
	}
	var head struct {
		Schema string `yaml:"schema"`
	}
	_ = file.Decode(&head) // whatever else it holds is looked at later
	for _, kind := range []string{endpointKind, loadKind, scenarioKind} {
		if strings.HasPrefix(head.Schema, "authsoak/"+kind+"/") {
			return kind, nil
		}
	}
	switch {
	case file.Has("targets") || file.Has("thresholds"):
		return scenarioKind, nil
	case file.Has("endpoint") || file.Has("methods") || file.Has("calls") || file.Has("cookies"):
		return endpointKind, nil
	case file.Has("load"):
		return loadKind, nil
	}
	return "", document.Problems{file.Problem("schema",
		"must say what this file is: authsoak/endpoint/v1, authsoak/load/v1 or authsoak/scenario/v1", "")}
}
