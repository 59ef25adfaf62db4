package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/urfave/cli/v2"

	"authsoak/calibration"
	"authsoak/document"
	"authsoak/driver"
	"authsoak/driver/health"
	"authsoak/report"
	"authsoak/results"
	"authsoak/scenario"
)

const calibrateFlags = "calibration"

func (p *program) calibrateCommand() *cli.Command {
	return &cli.Command{
		Name:  "calibrate",
		Usage: "measure how much load this machine can make",
		Description: `
A null server, a process of its own on this machine, does as little as a session
server can; it is driven with more and more users at once until more of them
bring no more requests. So for each engine, with and without TLS, and for each
way of sharing connections.

The figures are kept in the user's cache folder, and every later run says how
near it came to them. They hold for this machine and this build.`,
		UsageText: `
authsoak calibrate
authsoak calibrate --quick
authsoak calibrate --show
authsoak calibrate --json > ceiling.json`,
		Flags: []cli.Flag{
			toggle(calibrateFlags, "quick", "shared connections only"),
			text(calibrateFlags, "trial", "`TIME` of one trial: longer is steadier (400ms)"),
			toggle(calibrateFlags, "show", "measure nothing: show what is kept"),
			toggle(calibrateFlags, "dry-run", "measure nothing: say what would be measured, and how long it takes"),
			&cli.BoolFlag{Name: nullFlag, Hidden: true},
			toggle(resultFlags, "quiet", "say nothing but the figures"),
			toggle(resultFlags, "json", "print the figures as JSON on standard output, and nothing else there"),
		},
		Action:          p.calibrate,
		HideHelpCommand: true,
	}
}

func (p *program) calibrate(c *cli.Context) error {
	if _, err := operands(c, 0, 0); err != nil {
		return err
	}
	if c.Bool(nullFlag) {
		return p.serveNull()
	}
	file, err := calibration.File()
	if err != nil {
		return fmt.Errorf("calibration: %w: set XDG_CACHE_HOME or HOME", err)
	}
	if c.Bool("show") {
		k, err := calibration.Load(file, calibration.Here(Version()))
		if err != nil {
			return &exit{exitInvalid, fmt.Errorf("calibration: %w: measure it with authsoak calibrate", plainly(err))}
		}
		return p.printCalibration(c, k)
	}
	v := &values{c: c}
	o := calibration.Options{Ways: calibration.Ways(c.Bool("quick")), Version: Version(), Trial: orZero(read(v, "trial", parseTime))}
	if o.Trial < 0 || o.Trial > time.Minute {
		v.problems = append(v.problems, fmt.Errorf("--trial %s: must be at most a minute", document.Duration(o.Trial)))
	}
	if err := wrongUse(c, v.problems...); err != nil {
		return err
	}
	if !c.Bool("quiet") || c.Bool("dry-run") {
		fmt.Fprintf(p.Err, "%d ways to send requests, against a null server on this machine; about %s\nkept in     %s\n",
			len(o.Ways), o.Expected().Round(time.Second), file)
	}
	if c.Bool("dry-run") {
		return nil
	}
	ctx, cancel := p.untilStopped(c.Context)
	defer cancel()
	k, err := p.measureCeilings(ctx, c, o)
	if err != nil {
		if ctx.Err() != nil {
			return &exit{exitInterrupted, errors.New("interrupted: nothing was kept")}
		}
		return &exit{exitInvalid, fmt.Errorf("calibrate: %w", err)}
	}
	earlier, _ := calibration.Load(file, k.On) // of another machine, or none: nothing to keep
	if err := calibration.Save(file, calibration.Merge(earlier, k)); err != nil {
		return &exit{exitInvalid, errors.Join(fmt.Errorf("calibration: %w", err), p.printCalibration(c, k))}
	}
	return p.printCalibration(c, k)
}

// plainly says of a file that isn't there what that means.
func plainly(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return errors.New("none was made on this machine")
	}
	return err
}

func (p *program) printCalibration(c *cli.Context, k *results.Calibration) error {
	if c.Bool("json") {
		enc := json.NewEncoder(p.Out)
		enc.SetIndent("", "  ")
		return enc.Encode(k)
	}
	return report.Calibration(p.Out, k, report.TextFor(screenOf(p.Out)))
}

// announcedNull is the line in which the null server says where it listens.
type announcedNull struct {
	Plain  string `json:"plain"`
	Secure string `json:"secure"`
	HTTP2  string `json:"http2"`
	CA     string `json:"ca"` // PEM
}

// measureCeilings starts the null server and drives it.
func (p *program) measureCeilings(ctx context.Context, c *cli.Context, o calibration.Options) (*results.Calibration, error) {
	var said announcedNull
	child, err := startServer(ctx, &said, "calibrate", "--"+nullFlag)
	if err != nil {
		return nil, err
	}
	defer child.stop()
	dir, err := os.MkdirTemp("", "authsoak-calibrate-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	ca := filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(ca, []byte(said.CA), 0o600); err != nil {
		return nil, err
	}
	began := time.Now()
	last := -1
	o.Progress = func(w results.Way, i, of, users int) {
		if c.Bool("quiet") || i == last {
			return
		}
		last = i
		fmt.Fprintf(p.Err, "%3.0f s  %2d of %d  %s, %s, HTTP/%s, %s\n", time.Since(began).Seconds(), i+1, of, w.Engine, w.Scheme, w.HTTP, w.Connections)
	}
	server := calibration.Server{Plain: said.Plain, Secure: said.Secure, HTTP2: said.HTTP2, CA: ca,
		CPU: func() (time.Duration, error) { return processorTimeOf(said.Plain) }}
	return calibration.Measure(ctx, server, o)
}

// processorTimeOf asks a null server what it has cost.
func processorTimeOf(address string) (time.Duration, error) {
	conn, err := net.DialTimeout("tcp", address, connectLimit)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(connectLimit))
	if _, err := io.WriteString(conn, "GET /cpu HTTP/1.1\r\nHost: null\r\n\r\n"); err != nil {
		return 0, err
	}
	var length int64
	if _, err := fmt.Fscanf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", &length); err != nil || length > 20 {
		return 0, fmt.Errorf("the null server doesn't say what it cost: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(conn, length))
	if err != nil {
		return 0, err
	}
	us, err := strconv.ParseInt(string(text), 10, 64)
	return time.Duration(us) * time.Microsecond, err
}

// nullFlag is the hidden flag with which authsoak calibrate starts its null server.
const nullFlag = "serve-null-until-stdin-closes"

// serveNull serves until the standard input closes.
func (p *program) serveNull() error {
	_, _ = health.RaiseFileLimit()
	sampler, began := health.New(), time.Now()
	defer sampler.Close()
	n, err := calibration.NewNull(func() time.Duration {
		return time.Duration(sampler.Sample(time.Since(began)).CPUTotalS * float64(time.Second))
	})
	if err != nil {
		return &exit{exitInvalid, fmt.Errorf("null server: %w", err)}
	}
	if err := json.NewEncoder(p.Out).Encode(announcedNull{n.Plain, n.Secure, n.HTTP2, string(n.CA)}); err != nil {
		return errors.Join(err, n.Close())
	}
	_, _ = io.Copy(io.Discard, p.In)
	return n.Close()
}

// ceilingsFor is what the generator can do on this machine in the ways that the
// targets are driven, as far as somebody measured it; never a reason not to drive.
func ceilingsFor(targets []driver.Target, connections scenario.Connections) (out []results.Ceiling) {
	file, err := calibration.File()
	if err != nil {
		return nil
	}
	k, err := calibration.Load(file, calibration.Here(Version()))
	if err != nil {
		return nil
	}
	seen := map[results.Way]bool{}
	for i := range targets {
		info := targets[i].Info(connections)
		way := results.WayOf(&info)
		if ceiling, ok := k.Ceiling(way); ok && !seen[way] {
			seen[way] = true
			out = append(out, ceiling)
		}
	}
	return out
}
