package command

import (
	"bytes"
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/urfave/cli/v2"
	"go.uber.org/goleak"

	"authsoak/simulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// call runs a command line in this process.
func call(t *testing.T, words ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = Main(t.Context(), append([]string{"authsoak"}, words...),
		Streams{In: strings.NewReader(""), Out: &out, Err: &err}, make(chan struct{}))
	return code, out.String(), err.String()
}

func TestArrange(t *testing.T) {
	for _, test := range []struct {
		line string
		want string // the arranged line, or the error
	}{
		{"run", "authsoak run --"},
		{"run a.yaml --rate 5", "authsoak run --rate=5 -- a.yaml"},
		{"run --rate 5 a.yaml", "authsoak run --rate=5 -- a.yaml"},
		{"--rate 5 run a.yaml", "authsoak run --rate=5 -- a.yaml"},
		{"--rate=5 --json run a.yaml --quiet", "authsoak run --rate=5 --json=true --quiet=true -- a.yaml"},
		{"run -rate=5 -json a.yaml", "authsoak run --rate=5 --json=true -- a.yaml"},
		{"run --json=false", "authsoak run --json=false --"},
		{"run --label a=b=c --label=d=e", "authsoak run --label=a=b=c --label=d=e --"},
		{"run --threshold rate(fail)<1% --threshold p99(a,b)<1s", "authsoak run --threshold=rate(fail)<1% --threshold=p99(a,b)<1s --"},
		{"run --client-type -x", "authsoak run --client-type=-x --"},
		{"run -- --rate", "authsoak run -- --rate"},
		{"run - ", "authsoak run -- -"},
		{"profiles show --  alm", "authsoak profiles show -- alm"},
		{"profiles list", "authsoak profiles list --"},
		{"compare a b -- c --json", "authsoak compare --json=true -- a b -- c"},
		{"--json compare a -- c d", "authsoak compare --json=true -- a -- c d"},

		{"run --rate", "--rate needs a value"},
		{"run --rate --users 5", "--rate needs a value"},
		{"run --rate --", "--rate needs a value"},
		{"run --json=maybe", "--json is on or off: --json or --json=false, not --json=maybe"},
		{"run --durration 5s", "unknown flag --durration: did you mean --duration?"},
		{"run --bogus --rat 4", "unknown flag --bogus\nunknown flag --rat: did you mean --rate?"},
		{"run --listen x", "unknown flag --listen: it belongs to authsoak simulate"},
		{"rum", `unknown command "rum": did you mean "run"?`},
		{"frobnicate", `unknown command "frobnicate": there are run, check, timeout, capacity, compare, ab, report, cleanup, calibrate, simulate, profiles`},
		{"profiles shw alm", `unknown command "profiles shw": did you mean "show"?`},
		{"profiles", "profiles needs one of: list, show, lint, schema"},
	} {
		p := &program{}
		got, err := arrange(p.app(), strings.Fields(test.line))
		text := strings.Join(got, " ")
		if err != nil {
			text = err.Error()
		}
		if text != test.want {
			t.Errorf("arrange(%q)\n got %q\nwant %q", test.line, text, test.want)
		}
	}
}

// TestFlagsKeepTheirText holds what the parser makes of a line against what was
// written: no value is split or trimmed.
func TestFlagsKeepTheirText(t *testing.T) {
	values := []string{"a,b", " c ", "d=e", "-f", "", "p99(x) < 1s, now"}
	var got []string
	p := &program{}
	app := p.app()
	app.Command("run").Action = func(c *cli.Context) error {
		got = c.StringSlice("threshold")
		return nil
	}
	words := []string{"x.yaml", "run"}
	words[0], words[1] = words[1], words[0]
	for _, v := range values {
		words = append(words, "--threshold="+v)
	}
	line, err := arrange(app, words)
	if err != nil {
		t.Fatal(err)
	}
	if err := app.RunContext(context.Background(), line); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, values) {
		t.Errorf("--threshold: got %q, want %q", got, values)
	}
}

// TestFlagsAgree makes sure that a flag of one name takes a value in every
// command or in none: so flags can be told apart before the command is known.
func TestFlagsAgree(t *testing.T) {
	p := &program{}
	kinds := map[string]bool{}
	var visit func([]*cli.Command)
	visit = func(commands []*cli.Command) {
		for _, c := range commands {
			for _, f := range c.Flags {
				name := f.Names()[0]
				if was, seen := kinds[name]; seen && was != isBool(f) {
					t.Errorf("command %s: flag --%s is a toggle in one command and takes a value in another", c.Name, name)
				}
				kinds[name] = isBool(f)
			}
			visit(c.Subcommands)
		}
	}
	visit(p.app().Commands)
}

func TestHelp(t *testing.T) {
	for _, line := range []string{
		"--help", "-h", "help", "run --help", "help run", "--help run", "run x.yaml -h --rate 5", "report --help", "cleanup --help",
		"simulate --help", "compare --help", "ab --help", "profiles --help", "profiles list --help", "help profiles lint", "profiles schema --help",
	} {
		code, out, errs := call(t, strings.Fields(line)...)
		if code != 0 || errs != "" || !strings.HasPrefix(out, "authsoak") {
			t.Errorf("authsoak %s: code %d, stderr %q, stdout %.60q", line, code, errs, out)
		}
		for l := range strings.Lines(out) {
			if l = strings.TrimSuffix(l, "\n"); utf8.RuneCountInString(l) > helpWidth || strings.HasSuffix(l, " ") {
				t.Errorf("authsoak %s: %d columns, or a space at the end: %q", line, utf8.RuneCountInString(l), l)
			}
		}
		if strings.Contains(out, childFlag) {
			t.Errorf("authsoak %s: names the hidden flag", line)
		}
	}
	code, out, errs := call(t)
	if code != exitUsage || out != "" || !strings.Contains(errs, "authsoak COMMAND") {
		t.Errorf("authsoak without words: code %d, stdout %q, stderr %.60q", code, out, errs)
	}
}

// TestSettings makes sure that --set reaches every field of every product.
func TestSettings(t *testing.T) {
	var o simulator.Options
	named := map[uintptr]string{}
	for _, s := range settings {
		at := reflect.ValueOf(s.field(&o)).Pointer()
		if named[at] != "" {
			t.Errorf("settings %s and %s are the same field", named[at], s.name)
		}
		named[at] = s.name
		if s.about == "" || len(s.name)+2+len(s.about) > 110 {
			t.Errorf("setting %s: its line must say something in 110 columns", s.name)
		}
	}
	for _, product := range []any{&o.Octane, &o.ALM, &o.Space, &o.LRE, &o.Acme, &o.Keepalive} {
		v := reflect.ValueOf(product).Elem()
		for i := range v.NumField() {
			if named[v.Field(i).Addr().Pointer()] == "" {
				t.Errorf("no setting for %s.%s", v.Type().Name(), v.Type().Field(i).Name)
			}
		}
	}
}

func TestApplySettings(t *testing.T) {
	var o simulator.Options
	err := applySettings(&o, []string{
		"octane.duplicate_status=403", "octane.no_refresh", "alm.no_xsrf=false", "space.cookies=folded",
		"lre.tenants=a;b", "latency.sigma=1.5", "octane.idle_timeout=90s",
	})
	if err != nil {
		t.Fatal(err)
	}
	if o.Octane.DuplicateStatus != 403 || !o.Octane.NoRefresh || o.ALM.NoXSRF || o.Space.Cookies != simulator.Folded ||
		!slices.Equal(o.LRE.Tenants, []string{"a", "b"}) || o.Latency.Sigma != 1.5 || o.Octane.IdleTimeout.Seconds() != 90 {
		t.Errorf("applySettings: got %+v", o)
	}
	err = applySettings(&o, []string{"octane.duplicate_statis=1", "alm.no_xsrf=perhaps", "octane.idle_timeout=90"})
	want := []string{`did you mean "octane.duplicate_status"?`, `must be true or false, not "perhaps"`, "must be a time with its unit"}
	for _, w := range want {
		if err == nil || !strings.Contains(err.Error(), w) {
			t.Errorf("applySettings: error %v, want %q in it", err, w)
		}
	}
}

func TestParseStall(t *testing.T) {
	for text, want := range map[string]string{
		"500ms/10s": "", "1s": "must be TIME/EVERY", "10s/1s": "must be shorter", "1/2": "must be a time",
	} {
		s, err := parseStall(text)
		if want == "" && (err != nil || s.For.Milliseconds() != 500 || s.Every.Seconds() != 10) {
			t.Errorf("parseStall(%q): %+v, %v", text, s, err)
		}
		if want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("parseStall(%q): error %v, want %q", text, err, want)
		}
	}
}
