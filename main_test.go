//go:build unix

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"authsoak/results"
	"authsoak/simulator"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"authsoak": main})
}

// TestScripts runs the command line as its users do. Each script has a
// simulator of its own at $SIM.
func TestScripts(t *testing.T) {
	testscript.RunT(sequential{t}, testscript.Params{
		Dir:                 filepath.Join("command", "testdata", "script"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			server, err := simulator.New(simulator.Options{Seed: 1})
			if err != nil {
				return err
			}
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			served := make(chan error, 1)
			go func() { served <- server.Serve(listener) }()
			env.Defer(func() {
				if err := errors.Join(server.Close(), <-served); err != nil {
					t.Error(err)
				}
			})
			env.Setenv("SIM", "http://"+listener.Addr().String())
			env.Values["simulator"] = server
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"code": exitCode, "json": jsonValue, "signal": signalled, "live": liveSessions,
		},
	})
}

// sequential runs one script after the other: a run takes the machine for its
// own and says so when it has to share it.
type sequential struct{ *testing.T }

func (sequential) Parallel()     {}
func (sequential) Verbose() bool { return testing.Verbose() }

func (s sequential) Run(name string, f func(testscript.T)) {
	s.T.Run(name, func(t *testing.T) { f(sequential{t}) })
}

// exitCode is: code N PROGRAM ARGS… A run that was invalid because this machine
// was too busy is tried again.
func exitCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N PROGRAM ARGS…")
	}
	const invalid, tries = 3, 5
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := -1
	for try := 0; try < tries && (try == 0 || got == invalid && want != invalid); try++ {
		if i := slices.Index(args, "--run-id"); i > 0 && try > 0 {
			ts.Check(os.RemoveAll(ts.MkAbs(filepath.Join("runs", args[i+1]))))
		}
		got = 0
		err := ts.Exec(args[1], args[2:]...)
		if failed := (*exec.ExitError)(nil); errors.As(err, &failed) {
			got = failed.ExitCode()
		} else {
			ts.Check(err)
		}
	}
	if got != want {
		ts.Fatalf("exit code %d, want %s\n[stdout]\n%s\n[stderr]\n%s", got, args[0], ts.ReadFile("stdout"), ts.ReadFile("stderr"))
	}
}

// jsonValue is: json FILE PATH WANT, where PATH is member names and indices
// joined by dots, and WANT a text, a number, or >N.
func jsonValue(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: json FILE PATH WANT")
	}
	var v any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &v))
	for _, name := range strings.Split(args[1], ".") {
		switch in := v.(type) {
		case map[string]any:
			v = in[name]
		case []any:
			if name == "len" {
				v = float64(len(in))
				continue
			}
			i, err := strconv.Atoi(name)
			ts.Check(err)
			if i >= len(in) {
				ts.Fatalf("%s: there are %d", args[1], len(in))
			}
			v = in[i]
		}
	}
	got := fmt.Sprint(v)
	if least, ok := strings.CutPrefix(args[2], ">"); ok {
		n, err := strconv.ParseFloat(least, 64)
		ts.Check(err)
		if f, isNumber := v.(float64); !isNumber || f <= n {
			ts.Fatalf("%s: got %s, want more than %s", args[1], got, least)
		}
	} else if got != args[2] {
		ts.Fatalf("%s: got %s, want %s", args[1], got, args[2])
	}
}

// liveSessions is: live COMPARISON N, of the sessions that the simulator holds.
func liveSessions(ts *testscript.TestScript, neg bool, args []string) {
	var n int64
	if args[1] == "unanswered" {
		n = unanswered(ts)
	} else {
		var err error
		n, err = strconv.ParseInt(args[1], 10, 64)
		ts.Check(err)
	}
	live := ts.Value("simulator").(*simulator.Server).Stats().Live
	holds := map[string]bool{"=": live == n, ">": live > n, "<": live < n, "<=": live <= n}[args[0]]
	if holds == neg {
		ts.Fatalf("the simulator holds %d sessions", live)
	}
}

// unanswered is how many logins the output that came last tells of, that were under
// way when the run was killed: of a cleanup, or the summary of a run that went on.
func unanswered(ts *testscript.TestScript) (n int64) {
	var summary results.Summary
	if json.Unmarshal([]byte(ts.ReadFile("stdout")), &summary) == nil {
		for _, gap := range summary.Gaps {
			n += gap.PossiblyOpen
		}
		return n
	}
	_, rest, _ := strings.Cut(ts.ReadFile("stdout"), "logins under way when it ended: ")
	_, _ = fmt.Sscan(rest, &n) // none are not mentioned
	return n
}

// signalled is: signal INT|KILL CODE FILE PATTERN PROGRAM ARGS… It starts the
// program, sends the signal to its process group when the file matches, as a
// terminal does, and leaves what was printed in the files out and err. A killed
// program has the code -1.
func signalled(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 5 {
		ts.Fatalf("usage: signal INT|KILL CODE FILE PATTERN PROGRAM ARGS…")
	}
	out, err := os.Create(ts.MkAbs("out"))
	ts.Check(err)
	defer out.Close()
	errs, err := os.Create(ts.MkAbs("err"))
	ts.Check(err)
	defer errs.Close()
	program, err := exec.LookPath(args[4])
	ts.Check(err)
	cmd := exec.Command(program, args[5:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = ts.MkAbs("."), out, errs
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	for _, name := range []string{"PATH", "TMPDIR", "HOME"} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	ts.Check(cmd.Start())
	pattern := regexp.MustCompile(args[3])
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		text, _ := os.ReadFile(ts.MkAbs(args[2]))
		if pattern.Match(text) {
			break
		}
		if time.Now().After(end) {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			ts.Fatalf("%s never matched; stderr:\n%s", args[2], ts.ReadFile("err"))
		}
	}
	number := map[string]syscall.Signal{"INT": syscall.SIGINT, "KILL": syscall.SIGKILL}[args[0]]
	ts.Check(syscall.Kill(-cmd.Process.Pid, number))
	_ = cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); strconv.Itoa(got) != args[1] {
		ts.Fatalf("exit code %d, want %s; stderr:\n%s", got, args[1], ts.ReadFile("err"))
	}
}
