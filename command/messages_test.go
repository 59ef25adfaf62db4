package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"authsoak/results"
)

// Errors of one line and of several look the same: each line begins with what it
// is about.
func TestErrorsBeginWithTheirSubject(t *testing.T) {
	const line = "--rate: must be a number, not \"x\"\n"
	for _, words := range [][]string{{"run", "--rate", "x"}, {"run", "--rate", "x", "--users", "y"}} {
		code, out, errs := call(t, words...)
		if code != exitUsage || out != "" || !strings.HasPrefix(errs, line) {
			t.Errorf("authsoak %s: code %d, stderr %q, want it to begin with %q", words, code, errs, line)
		}
	}
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	if err := os.WriteFile(bad, []byte("targets: [{endpoint: octan, url: 'http://h'}]\nload: smoke\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, errs := call(t, "run", bad); !strings.HasPrefix(errs, bad+":1:22: ") {
		t.Errorf("a mistake in a file: stderr %q, want it to begin with the place", errs)
	}
}

// What says something of a server needs one: nothing is started for it.
func TestServerFlagsNeedAServer(t *testing.T) {
	for _, name := range ofServers {
		words := []string{"run", "--" + name}
		if name != "csrf" && name != "insecure" {
			words = append(words, "x")
		}
		code, _, errs := call(t, words...)
		want := "--" + name + ": about a server, and none is named: add --target ENDPOINT=URL or a scenario"
		if code != exitUsage || !strings.HasPrefix(errs, want) {
			t.Errorf("authsoak %s: code %d, stderr %q, want %q", words, code, errs, want)
		}
	}
}

// A proxy that can't be reached is the one to name, not the server behind it.
func TestProxyIsNamed(t *testing.T) {
	for proxy, want := range map[string]string{
		"http://me:hunter2@127.0.0.1:1": "target octane: its proxy http://me:xxxxx@127.0.0.1:1 is not reachable: dial tcp 127.0.0.1:1: ",
		"https://127.0.0.1:1":           "target octane: its proxy https://127.0.0.1:1 is not reachable: dial tcp 127.0.0.1:1: ",
	} {
		for _, target := range []string{"octane=http://127.0.0.1:2", "octane=https://127.0.0.1:2"} {
			code, _, errs := call(t, "run", "--out", t.TempDir(), "--target", target, "--proxy", proxy, "--accounts", "u{n}:p{n}:5", "--rate", "1")
			if code != exitUsage || !strings.HasPrefix(errs, want) || strings.Contains(errs, "hunter2") {
				t.Errorf("%s through %s: code %d, stderr %q, want %q", target, proxy, code, errs, want)
			}
		}
	}
	// What the proxy says about the server stays about the server.
	l := listen(t, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
	_, _, errs := call(t, "run", "--out", t.TempDir(), "--target", "octane=https://127.0.0.1:2", "--proxy", "http://"+l, "--accounts", "u{n}:p{n}:5", "--rate", "1")
	if want := "target octane: https://127.0.0.1:2 is not reachable: proxy http://" + l + ": CONNECT 127.0.0.1:2: 502"; !strings.HasPrefix(errs, want) {
		t.Errorf("a proxy that can't reach the server: stderr %q, want %q", errs, want)
	}
}

func TestProfilesCommand(t *testing.T) {
	if code, out, _ := call(t, "profiles", "schema", "summary"); code != exitPass || out != string(results.SummarySchemaJSON()) {
		t.Errorf("profiles schema summary: code %d, %.60q, want the published schema", code, out)
	}
	for _, kind := range []string{"endpoint", "load", "scenario", "summary"} {
		if _, out, _ := call(t, "profiles", "schema", kind); strings.Contains(out, `\u00`) {
			t.Errorf("profiles schema %s holds escapes", kind)
		}
	}
	if _, out, _ := call(t, "profiles", "schema", "endpoint"); !strings.Contains(out, ">= 2021") {
		t.Error("profiles schema endpoint: want >= 2021 as it is written")
	}
	dir := t.TempDir()
	_, acme, _ := call(t, "profiles", "show", "acme")
	_, octane, _ := call(t, "profiles", "show", "octane")
	for name, text := range map[string]string{"acme.yaml": acme, "octane.yaml": octane, "plain": acme} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, out, _ := call(t, "profiles", "lint", filepath.Join(dir, "acme.yaml")); !strings.HasSuffix(out, "acme, with 1 way to log in\n") {
		t.Errorf("profiles lint acme.yaml: %q", out)
	}
	if _, out, _ := call(t, "profiles", "lint", filepath.Join(dir, "octane.yaml")); !strings.HasSuffix(out, " ways to log in\n") {
		t.Errorf("profiles lint octane.yaml: %q", out)
	}
	for _, name := range []string{filepath.Join(dir, "plain"), "nowhere.yaml"} {
		code, _, errs := call(t, "profiles", "show", name)
		if want := name + " is a file, and show prints the built-in profiles: authsoak profiles lint " + name + " checks it\n"; code != exitUsage || !strings.HasPrefix(errs, want) {
			t.Errorf("profiles show %s: code %d, stderr %q, want %q", name, code, errs, want)
		}
	}
}
