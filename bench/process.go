package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// bench is what every measurement here needs: the programs, and a folder of its
// own that is gone in the end.
type bench struct {
	self     string // this program
	authsoak string
	dir      string
}

// newBench builds authsoak from the folder above unless it is given one.
func newBench(authsoak string) (*bench, error) {
	b := &bench{authsoak: authsoak}
	var err error
	if b.self, err = os.Executable(); err != nil {
		return nil, err
	}
	if b.dir, err = os.MkdirTemp("", "bench"); err != nil || authsoak != "" {
		return b, err
	}
	return b, b.build("-buildvcs=auto")
}

// build makes the program that the measurements use. Where it fails, the folder is
// gone.
func (b *bench) build(flags ...string) error {
	b.authsoak = filepath.Join(b.dir, "authsoak")
	build := exec.Command("go", slices.Concat([]string{"build", "-C", ".."}, flags, []string{"-o", b.authsoak, "."})...)
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return errors.Join(fmt.Errorf("build authsoak: %w", err), b.close())
	}
	return nil
}

func (b *bench) close() error { return os.RemoveAll(b.dir) }

// serving is a bare server in a process of its own.
type serving struct {
	cmd     *exec.Cmd
	out     *bufio.Reader
	address string
}

// serve starts the bare server on the second core; with a file for the
// certificate it speaks TLS.
func (b *bench) serve(ca string) (*serving, error) {
	args := []string{"server"}
	if ca != "" {
		args = append(args, "-ca", ca)
	}
	cmd := pinned(1, exec.Command(b.self, args...))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &serving{cmd: cmd, out: bufio.NewReader(out)}
	line, err := s.out.ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the server did not start: %w", err), s.kill())
	}
	s.address = strings.TrimSpace(line)
	return s, nil
}

// stop ends the server and returns how many requests it counted. A server that
// refused some has not seen the sessions that were to be measured.
func (s *serving) stop() (requests int64, err error) {
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		return 0, err
	}
	line, err := s.out.ReadString('\n')
	if err := errors.Join(err, s.cmd.Wait()); err != nil {
		return 0, fmt.Errorf("server: %w", err)
	}
	var refused, sessions int64
	if _, err := fmt.Sscanf(line, countFormat, &requests, &refused, &sessions); err != nil {
		return 0, fmt.Errorf("server: %q: %w", line, err)
	}
	if refused > 0 || requests == 0 {
		return 0, fmt.Errorf("the server refused %d of %d requests", refused, requests)
	}
	return requests, nil
}

func (s *serving) kill() error { return errors.Join(s.cmd.Process.Kill(), s.cmd.Wait()) }

// saturated is authsoak's exit code where the generator was the limit, as it is
// meant to be in the closed model.
const saturated = 3

// spend runs a program on the first core and returns the processor time that it
// and its children took.
func spend(cmd *exec.Cmd) (user, system time.Duration, err error) {
	cmd = pinned(0, cmd)
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil && (cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != saturated) {
		return 0, 0, fmt.Errorf("%s: %w: %s", filepath.Base(cmd.Args[3]), err, said.String())
	}
	return cmd.ProcessState.UserTime(), cmd.ProcessState.SystemTime(), nil
}

// pinned puts a command on one core; a Go program gets one processor.
func pinned(core int, cmd *exec.Cmd) *exec.Cmd {
	env := cmd.Env
	if env == nil {
		env = os.Environ()
	}
	out := exec.Command("taskset", append([]string{"-c", strconv.Itoa(core)}, cmd.Args...)...)
	out.Env = append(env, "GOMAXPROCS=1")
	out.Stdout = cmd.Stdout
	return out
}

// raiseFiles lets the programs open as many connections as they may.
func raiseFiles() error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	limit.Cur = limit.Max
	return syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
}
