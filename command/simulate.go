package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/sync/errgroup"

	"authsoak/document"
	"authsoak/simulator"
)

// Hidden flag of simulate: it ends when its standard input does, and not on a
// signal, since Ctrl-C at a terminal reaches the whole group of processes and
// the run that started it still has sessions to log out.
const childFlag = "until-stdin-closes"

const (
	serverGroup   = "server"
	tlsGroup      = "tls"
	sessionGroup  = "sessions and accounts"
	troubleGroup  = "load and trouble"
	settingsGroup = "settings"
	mutantGroup   = "mutants"
)

func (p *program) simulateCommand() *cli.Command {
	return &cli.Command{
		Name:  "simulate",
		Usage: "serve the embedded servers in the foreground",
		Description: `
All endpoint types answer on one address and are told apart by their paths. It
prints command lines that drive them, and counts when it ends.`,
		UsageText: `
authsoak simulate
authsoak simulate --listen 127.0.0.1:0 --tls --client-auth request
authsoak simulate --login-cost 20ms --login-servers 4   (200 logins a second)
authsoak simulate --idle 30s --set octane.duplicate_status=403
authsoak simulate --mutant logout.revokes         (a logout ends nothing)
authsoak simulate --mutant logout.revokes@50      (one logout in fifty)`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "listen", Value: "127.0.0.1:8480", Category: serverGroup, Usage: "`ADDR` where to listen (127.0.0.1:8480); port 0 is any free one"},
			text(serverGroup, "metrics", "`ADDR` serve the simulator's own metrics there for Prometheus and for run --scrape, PORT or HOST:PORT; without a host: this machine only"),
			text(serverGroup, "seed", "`N` makes ids, delays and errors repeatable"),
			toggle(serverGroup, "json", "print the address, and at the end the counts, as a line of JSON each"),
			toggle(tlsGroup, "tls", "serve HTTPS, with an authority of its own"),
			text(tlsGroup, "client-auth", "`none|request|require` client certificates"),
			text(tlsGroup, "certs", "`DIR` where ca.pem and client certificates are written; left out: a folder that goes away at the end"),
			text(tlsGroup, "client-certs", "`N` client certificates to write, for user1 and on, with an accounts.csv (10 where they are asked for)"),
			text(sessionGroup, "accounts", "`FILE.csv` more accounts, besides user{n}:pw{n}, key{n}:secret{n} and I_KEY_{n}:S_KEY_{n}"),
			text(sessionGroup, "idle", "`TIME` idle life of every product's sessions"),
			text(sessionGroup, "absolute", "`TIME` absolute life of every product's sessions"),
			text(troubleGroup, "login-cost", "`TIME` work of checking one login"),
			text(troubleGroup, "login-servers", "`N` how many logins are checked at once (1)"),
			text(troubleGroup, "latency", "`TIME` added to every answer"),
			text(troubleGroup, "stall", "`TIME/EVERY` nothing is answered for a time, every so often: 500ms/10s"),
			text(troubleGroup, "error-rate", "`SHARE` of requests answered 500: 1%"),
			texts(settingsGroup, "set", "`NAME=VALUE` settle what a product's documents leave open"),
			toggle(settingsGroup, "list-settings", "print the names for --set"),
			text(mutantGroup, "mutant", "`NAME` one defect, which the rule of that name must catch; NAME@N: once in N answers, or one session of N"),
			toggle(mutantGroup, "list-mutants", "print the names for --mutant, one a line; with --json all about them"),
			&cli.BoolFlag{Name: childFlag, Hidden: true},
		},
		Action: p.simulate,
	}
}

func (p *program) simulate(c *cli.Context) error {
	if _, err := operands(c, 0, 0); err != nil {
		return err
	}
	if c.Bool("list-settings") {
		return p.listSettings()
	}
	if c.Bool("list-mutants") {
		return p.listMutants(c.Bool("json"))
	}
	v := &values{c: c}
	options := v.simulatorOptions()
	clientCerts := read(v, "client-certs", parseWhole)
	if err := wrongUse(c, v.problems...); err != nil {
		return err
	}
	if err := options.Validate(); err != nil {
		return wrongUse(c, err)
	}
	server, err := simulator.New(options)
	if err != nil {
		return err
	}
	defer server.Close()
	page, err := openMetrics(c, server)
	if err != nil {
		return err
	}
	defer page.close()
	listener, err := net.Listen("tcp", c.String("listen"))
	if err != nil {
		return fmt.Errorf("listen: %w: choose another --listen address", err)
	}
	papers, err := writePapers(server, options.TLS, c.String("certs"), clientCerts)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer papers.remove()
	page.warn(p.Err)
	return p.serve(c, server, listener, announcement{listener.Addr().String(), papers, page.address(), server.Seed()})
}

// serve announces the server and answers until it is told to stop.
func (p *program) serve(c *cli.Context, server *simulator.Server, listener net.Listener, a announcement) error {
	var group errgroup.Group
	group.Go(func() error { return server.Serve(listener) })
	var err error
	if c.Bool("json") {
		err = a.writeJSON(p.Out)
	} else {
		err = a.write(p.Out)
	}
	if err == nil {
		p.untilEnd(c.Context, c.Bool(childFlag))
	}
	stats := server.Stats()
	err = errors.Join(err, server.Close(), group.Wait())
	if err != nil {
		return &exit{exitInvalid, fmt.Errorf("simulate: %w", err)}
	}
	return writeStats(p.Out, stats, c.Bool("json"))
}

// untilEnd waits for the end of the simulator.
func (p *program) untilEnd(ctx context.Context, child bool) {
	if child {
		_, _ = io.Copy(io.Discard, p.In)
		return
	}
	select {
	case <-p.stop:
	case <-ctx.Done():
	}
}

// simulatorOptions reads what the server is to be like.
func (v *values) simulatorOptions() simulator.Options {
	o := simulator.Options{
		Seed:      orZero(read(v, "seed", parseSeed)),
		ErrorRate: orZero(read(v, "error-rate", parseShare)),
		Login: simulator.CostOptions{
			Mean: orZero(read(v, "login-cost", parseTime)), Servers: orZero(read(v, "login-servers", parseWhole)),
		},
		Latency: simulator.LatencyOptions{Mean: orZero(read(v, "latency", parseTime))},
		Stall:   orZero(read(v, "stall", parseStall)),
		TLS: simulator.TLSOptions{
			Enabled: v.c.Bool("tls"), ClientCertificates: simulator.ClientCertificates(v.c.String("client-auth")),
		},
		Accounts: simulator.AccountRule{List: v.simulatorAccounts()},
		Mutant:   orZero(read(v, "mutant", parseMutant)),
	}
	if !o.TLS.Enabled && (v.c.IsSet("client-auth") || v.c.IsSet("certs") || v.c.IsSet("client-certs")) {
		v.problems = append(v.problems, errors.New("client certificates need --tls"))
	}
	idle, absolute := read(v, "idle", parseTime), read(v, "absolute", parseTime)
	setLifetimes(&o, orZero(idle), orZero(absolute))
	if err := applySettings(&o, v.c.StringSlice("set")); err != nil {
		v.problems = append(v.problems, err)
	}
	return o
}

// setLifetimes gives every product the same lifetimes; 0 keeps its own.
func setLifetimes(o *simulator.Options, idle, absolute time.Duration) {
	for _, d := range []*time.Duration{
		&o.Octane.IdleTimeout, &o.ALM.TokenIdle, &o.ALM.SessionIdle, &o.Space.IdleTimeout, &o.LRE.IdleTimeout, &o.Acme.IdleTimeout,
	} {
		*d = idle
	}
	for _, d := range []*time.Duration{
		&o.Octane.AbsoluteTimeout, &o.ALM.TokenLifetime, &o.Space.AbsoluteTimeout, &o.LRE.AbsoluteTimeout, &o.Acme.AbsoluteTimeout,
	} {
		*d = absolute
	}
}

// parseStall reads TIME/EVERY.
func parseStall(text string) (s simulator.StallOptions, err error) {
	length, every, found := strings.Cut(text, "/")
	if !found {
		return s, fmt.Errorf("must be TIME/EVERY, as in 500ms/10s, not %q", text)
	}
	if s.For, err = parseTime(length); err != nil {
		return s, err
	}
	if s.Every, err = parseTime(every); err != nil {
		return s, err
	}
	if s.For >= s.Every {
		return s, fmt.Errorf("the time (%s) must be shorter than the time between (%s)",
			document.Duration(s.For), document.Duration(s.Every))
	}
	return s, nil
}
