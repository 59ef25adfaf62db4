package main

import (
	"bytes"
	"debug/buildinfo"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// transport is how sessions travel.
type transport string

const (
	plain   transport = "plain"   // TCP, connections kept
	secured transport = "tls"     // TLS, connections kept
	tickets transport = "tickets" // TLS, a connection for each session, resumed by ticket
)

var transports = []transport{plain, secured, tickets}

// work is what a generator is told to do.
type work struct {
	transport   transport
	connections int
	calls       int
	duration    time.Duration
	address     string
	ca          string // file of the certificate; empty without TLS
}

func (w *work) url() string { return scheme(w.ca != "") + w.address }

// generator is one program that drives the bare server.
type generator struct {
	name    string
	speaks  []transport
	command func(b *bench, w *work) *exec.Cmd
	version func(b *bench) string
}

const reference = "loop"

var generators = []generator{
	{reference, transports, own(reference), goVersion},
	{"authsoak", transports, authsoak, authsoakVersion},
	{"wrk", []transport{plain}, wrk, wrkVersion},
	{"fasthttp", []transport{plain}, own("fasthttp"), fasthttpVersion},
	{"nethttp", []transport{plain}, own("nethttp"), goVersion},
	{"k6", []transport{plain}, k6(""), k6Version},
	{"k6-checking", []transport{plain}, k6("yes"), k6Version},
}

// installed returns the generators of those names that are there (none named:
// all), and says which are missing.
func installed(b *bench, names []string) []generator {
	var out []generator
	for _, g := range generators {
		if len(names) > 0 && !slices.Contains(names, g.name) {
			continue
		}
		if program := g.command(b, &work{}).Args[0]; !found(program) {
			fmt.Printf("%-11s not installed\n", g.name)
			continue
		}
		fmt.Printf("%-11s %s\n", g.name, g.version(b))
		out = append(out, g)
	}
	return out
}

func found(program string) bool {
	_, err := exec.LookPath(program)
	return err == nil
}

func own(name string) func(*bench, *work) *exec.Cmd {
	return func(b *bench, w *work) *exec.Cmd {
		return exec.Command(b.self, name, "-address", w.address, "-connections", strconv.Itoa(w.connections),
			"-calls", strconv.Itoa(w.calls), "-duration", w.duration.String(), "-ca", w.ca,
			"-per-session="+strconv.FormatBool(w.transport == tickets))
	}
}

// runID names the folder of authsoak's run.
const runID = "turn"

func authsoak(b *bench, w *work) *exec.Cmd {
	users := strconv.Itoa(w.connections)
	return authsoakRun(b, w, "--users", users, "--workers", users)
}

// authsoakRun is a run of cycles without think time. The first second is
// warm-up, so that the hold phase is free of the start.
func authsoakRun(b *bench, w *work, load ...string) *exec.Cmd {
	args := []string{"run", "--target", "bare.yaml=" + w.url(), "--accounts", "user{n}:pw{n}:100000",
		"--calls", strconv.Itoa(w.calls), "--think", "0s", "--quiet", "--warmup", "1s",
		"--duration", (w.duration - time.Second).String(), "--out", b.dir, "--run-id", runID}
	if w.ca != "" {
		args = append(args, "--ca", w.ca)
	}
	if w.transport == tickets {
		args = append(args, "--connections", "per-user")
	}
	return exec.Command(b.authsoak, append(args, load...)...)
}

func wrk(_ *bench, w *work) *exec.Cmd {
	cmd := exec.Command("wrk", "-t1", "-c", strconv.Itoa(w.connections), "-d", fmt.Sprint(int(w.duration.Seconds()), "s"),
		"-s", "wrk.lua", w.url())
	cmd.Env = append(os.Environ(), "CALLS="+strconv.Itoa(w.calls))
	return cmd
}

// k6 runs k6.js; with checking, which is yes or empty, it judges the answers.
func k6(checking string) func(*bench, *work) *exec.Cmd {
	return func(_ *bench, w *work) *exec.Cmd {
		return exec.Command("k6", "run", "--quiet", "--no-usage-report",
			"--vus", strconv.Itoa(w.connections), "--duration", w.duration.String(), "-e", "ADDRESS="+w.address, "-e", "CALLS="+strconv.Itoa(w.calls), "-e", "CHECKING="+checking, "k6.js")
	}
}

func goVersion(*bench) string { return runtime.Version() }

func fasthttpVersion(b *bench) string {
	info, err := buildinfo.ReadFile(b.self)
	if err != nil {
		return "unknown"
	}
	for _, m := range info.Deps {
		if strings.HasSuffix(m.Path, "/fasthttp") {
			return m.Version
		}
	}
	return "unknown"
}

// authsoakVersion is the commit that the program was built from.
func authsoakVersion(b *bench) string {
	info, err := buildinfo.ReadFile(b.authsoak)
	if err != nil {
		return "unknown"
	}
	text := info.GoVersion
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			text += ", commit " + s.Value[:min(len(s.Value), 12)]
		case "vcs.modified":
			if s.Value == "true" {
				text += " with changes"
			}
		}
	}
	return text
}

// wrkVersion is in the usage text, which wrk ends with an error.
func wrkVersion(*bench) string { return firstLine(exec.Command("wrk", "-v")) }

func k6Version(*bench) string { return firstLine(exec.Command("k6", "version")) }

func firstLine(cmd *exec.Cmd) string {
	out, _ := cmd.CombinedOutput()
	line, _, _ := bytes.Cut(out, []byte("\n"))
	return strings.TrimSpace(string(line))
}
