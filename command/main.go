package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"

	"github.com/urfave/cli/v2"

	"authsoak/results"
)

// Exit codes.
const (
	exitPass        = 0
	exitFailed      = 1   // a threshold, check or comparison failed
	exitUsage       = 2   // wrong use or configuration
	exitInvalid     = 3   // nothing that could be relied on was measured
	exitInterrupted = 130 // after a clean stop
)

// Streams are the standard streams of the process. What a script reads goes to
// Out, what a person watches to Err.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// Main runs the command line args, of which the first is the program's name,
// and returns the exit code. A closed stop channel asks for a clean stop; the
// end of ctx for an immediate one.
func Main(ctx context.Context, args []string, streams Streams, stop <-chan struct{}) int {
	p := &program{Streams: streams, stop: stop}
	app := p.app()
	if len(args) < 2 {
		fmt.Fprint(p.Err, helpOfAll(app))
		return exitUsage
	}
	line, err := arrange(app, args[1:])
	switch help := new(helpWanted); {
	case errors.As(err, &help):
		fmt.Fprint(p.Out, help.text)
		return exitPass
	case err == nil:
		err = app.RunContext(ctx, line)
	}
	return p.exitCode(err)
}

// program is what the subcommands share.
type program struct {
	Streams
	stop <-chan struct{}
}

func (p *program) app() *cli.App {
	return &cli.App{
		Name:  "authsoak",
		Usage: "load and soak testing of servers that hold login sessions",
		Commands: []*cli.Command{
			p.runCommand(), p.checkCommand(), p.timeoutCommand(), p.capacityCommand(), p.compareCommand(), p.abCommand(),
			p.reportCommand(), p.cleanupCommand(), p.calibrateCommand(), p.simulateCommand(), p.profilesCommand(),
		},
		Flags:    []cli.Flag{&cli.BoolFlag{Name: "version", Usage: "print the version"}},
		HideHelp: true, HideVersion: true,
		DisableSliceFlagSeparator: true,
		Reader:                    p.In, Writer: p.Out, ErrWriter: p.Err,
		ExitErrHandler: func(*cli.Context, error) {}, // Main alone decides
		Action: func(c *cli.Context) error {
			if c.Bool("version") {
				_, err := fmt.Fprintln(p.Out, "authsoak", Version())
				return err
			}
			return usage("no command given")
		},
	}
}

// Version is the version of this build.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "devel"
	}
	return info.Main.Version
}

// exit is an error with an exit code of its own. Without a text the code says
// it all.
type exit struct {
	code int
	err  error
}

func (e *exit) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exit) Unwrap() error { return e.err }

// usageError is a mistake on the command line itself.
type usageError struct {
	command string // the words whose --help tells more
	text    string
}

func (e *usageError) Error() string { return e.text }

func usage(format string, args ...any) error {
	return &usageError{text: fmt.Sprintf(format, args...)}
}

// exitCode reports an error and returns the code it stands for. Any error that
// brings no code of its own is one of configuration. Every line of it begins with
// what it is about (file:line:column, a flag, a target), never with the program's
// name: so editors find the place.
func (p *program) exitCode(err error) int {
	var mistake *usageError
	var coded *exit
	switch {
	case err == nil:
		return exitPass
	case errors.As(err, &mistake):
		fmt.Fprintln(p.Err, mistake.text)
		fmt.Fprintf(p.Err, "see %s --help\n", strings.TrimSpace("authsoak "+mistake.command))
		return exitUsage
	case errors.As(err, &coded):
		if coded.err != nil {
			fmt.Fprintln(p.Err, coded.err)
		}
		return coded.code
	}
	fmt.Fprintln(p.Err, err)
	return exitUsage
}

// codeOf is the exit code of a verdict.
func codeOf(v results.Verdict) int {
	switch v {
	case results.Pass:
		return exitPass
	case results.Failed:
		return exitFailed
	case results.Interrupted:
		return exitInterrupted
	}
	return exitInvalid
}

// code makes the error that stands for an exit code, nil for success.
func code(n int) error {
	if n == exitPass {
		return nil
	}
	return &exit{code: n}
}
