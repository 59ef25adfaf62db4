package command

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/urfave/cli/v2"

	"authsoak/document"
	"authsoak/scenario"
)

// Headings under which help lists flags.
const (
	targetFlags  = "targets"
	networkFlags = "network"
	loadFlags    = "load"
	resultFlags  = "results"
)

// Flags are read as text, so that a wrong value is one of several problems
// rather than the parser's only one.

func text(group, name, about string) cli.Flag {
	return &cli.StringFlag{Name: name, Usage: about, Category: group}
}

func texts(group, name, about string) cli.Flag {
	return &cli.StringSliceFlag{Name: name, Usage: about + "; repeatable", Category: group, KeepSpace: true}
}

func toggle(group, name, about string) cli.Flag {
	return &cli.BoolFlag{Name: name, Usage: about, Category: group}
}

// serverFlags say what is reached, and as whom.
func serverFlags() []cli.Flag {
	return []cli.Flag{
		texts(targetFlags, "target", "`ENDPOINT[@VERSION]=URL` a server to drive"),
		text(targetFlags, "method", "`NAME` how to log in; left out: the endpoint's usual way"),
		text(targetFlags, "accounts", "`FILE.csv` who logs in, or a pattern: 'user{n}:pw{n}:1000'"),
		text(targetFlags, "client-type", "`NAME` the client type named at login"),
		text(targetFlags, "tenant", "`ID` the tenant named at login"),
		toggle(targetFlags, "csrf", "ask for protection against cross-site requests at login"),
		text(targetFlags, "authorized", "`WHO` who allowed this load; needed for a server that is neither on this machine nor in a private network"),
	}
}

func connectionFlags() []cli.Flag {
	return []cli.Flag{
		text(networkFlags, "ca", "`FILE` certificates of the authorities to trust, in PEM"),
		text(networkFlags, "client-cert", "`FILE` the client's certificate, in PEM"),
		text(networkFlags, "client-key", "`FILE` its key; left out: in the same file"),
		toggle(networkFlags, "insecure", "don't verify the server's certificate; stands in every report"),
		text(networkFlags, "http", "`1.1|2` the version of HTTP"),
		text(networkFlags, "engine", "`fast|standard` authsoak's own HTTP client, or Go's"),
		text(networkFlags, "proxy", "`URL` an HTTP proxy"),
		texts(networkFlags, "resolve", "`HOST:PORT:ADDR` reach a host at this address, to pin a node"),
		text(networkFlags, "source", "`ADDR` the local address to connect from"),
	}
}

func drivingFlags() []cli.Flag {
	return []cli.Flag{
		text(loadFlags, "load", "`NAME|FILE` a load profile; see authsoak profiles list"),
		text(loadFlags, "rate", "`N` cycles a second, whatever the server does (open model)"),
		text(loadFlags, "users", "`N` users who take turns (closed model)"),
		text(loadFlags, "population", "`N` sessions held open (population model)"),
		text(loadFlags, "duration", "`TIME` how long the load is held after the warm-up; 0: until stopped"),
		text(loadFlags, "warmup", "`TIME` a first part that isn't judged"),
		text(loadFlags, "calls", "`N` calls of each session (open and closed model)"),
		text(loadFlags, "think", "`TIME` pause between the steps of a session"),
		text(loadFlags, "slack", "`TIME` by which starts may be late to share a waking: less processor time"),
		text(loadFlags, "workers", "`N` how many requests may be in flight at once"),
		text(loadFlags, "connections", "`HOW` shared, per-user or per-request"),
		text(loadFlags, "abandon", "`SHARE` part of the sessions left without a logout: 5%"),
		texts(loadFlags, "scrape", "`URL` a Prometheus endpoint of a target, whose memory is followed for drift"),
		texts(loadFlags, "experiment", "`KEY=VALUE` changes the load's experiment: within=30s, users=500, idle=5m"),
		text(loadFlags, "restart-command", "`COMMAND` restarts the target of a restart experiment at its time: 'systemctl restart tomcat'; split at spaces, run without a shell"),
		texts(loadFlags, "threshold", "`EXPR` a limit to keep: 'p99(login) < 500ms', 'rate(fail) < 1%'"),
	}
}

func outcomeFlags() []cli.Flag {
	return []cli.Flag{
		text(resultFlags, "out", "`DIR` where run folders go; left out: runs"),
		text(resultFlags, "run-id", "`NAME` the run folder's name; left out: the time"),
		texts(resultFlags, "label", "`KEY=VALUE` a fact that goes into the summary"),
		text(resultFlags, "seed", "`N` decides every draw; left out: 1"),
		toggle(resultFlags, "quiet", "print the verdict only"),
		toggle(resultFlags, "json", "print the summary as JSON on standard output, and nothing else there"),
	}
}

// values reads flags and collects what is wrong with them.
type values struct {
	c        *cli.Context
	problems []error
}

func (v *values) bad(name string, err error) {
	var invalid *document.InvalidText
	if errors.As(err, &invalid) && invalid.Hint != "" {
		err = fmt.Errorf("%w (did you mean %q?)", err, invalid.Hint)
	}
	v.problems = append(v.problems, fmt.Errorf("--%s: %w", name, err))
}

// read returns what parse makes of a flag's text, nil where the flag isn't
// given.
func read[T any](v *values, name string, parse func(string) (T, error)) *T {
	if !v.c.IsSet(name) {
		return nil
	}
	value, err := parse(v.c.String(name))
	if err != nil {
		v.bad(name, err)
		return nil
	}
	return &value
}

// orZero returns what p points to, or the zero value.
func orZero[T any](p *T) (value T) {
	if p != nil {
		value = *p
	}
	return value
}

func parseNumber(text string) (float64, error) {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, fmt.Errorf("must be a number, not %q", text)
	}
	return f, nil
}

func parseWhole(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("must be a whole number, not %q", text)
	}
	return n, nil
}

func parseSeed(text string) (uint64, error) {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("must be a whole number that is not negative, not %q", text)
	}
	return n, nil
}

func parseTime(text string) (time.Duration, error) {
	d, err := document.ParseDuration(text)
	return time.Duration(d), err
}

func parseShare(text string) (float64, error) {
	s, err := document.ParseShare(text)
	return float64(s), err
}

// on returns a toggle's value, nil where it isn't given.
func (v *values) on(name string) *bool {
	if !v.c.IsSet(name) {
		return nil
	}
	is := v.c.Bool(name)
	return &is
}

// overrides reads every flag that changes a scenario. Flags that a command
// doesn't have count as not given.
func (v *values) overrides() scenario.Overrides {
	o := scenario.Overrides{
		Method: v.c.String("method"), ClientType: v.c.String("client-type"), Tenant: v.c.String("tenant"),
		CSRF: v.on("csrf"), Authorized: v.c.String("authorized"),
		CA: v.c.String("ca"), ClientCert: v.c.String("client-cert"), ClientKey: v.c.String("client-key"),
		Insecure: v.on("insecure"), HTTP: v.c.String("http"), Engine: v.c.String("engine"),
		Proxy: v.c.String("proxy"), Source: v.c.String("source"),
		Out: v.c.String("out"), Seed: read(v, "seed", parseSeed),
		Load: v.c.String("load"), Rate: read(v, "rate", parseNumber), Users: read(v, "users", parseWhole),
		Population: read(v, "population", parseWhole), Duration: read(v, "duration", parseTime),
		Warmup: read(v, "warmup", parseTime), Calls: read(v, "calls", parseWhole), Think: read(v, "think", parseTime),
		Slack:   read(v, "slack", parseTime),
		Workers: read(v, "workers", parseWhole), Connections: v.c.String("connections"),
		Abandon: read(v, "abandon", parseShare), Thresholds: v.c.StringSlice("threshold"), Scrape: v.c.StringSlice("scrape"),
	}
	if v.c.IsSet("accounts") {
		a := scenario.ParseAccounts(v.c.String("accounts"))
		o.Accounts = &a
	}
	if pins := v.c.StringSlice("resolve"); len(pins) > 0 {
		o.Resolve = pins
	}
	for _, text := range v.c.StringSlice("experiment") {
		f, err := scenario.ParseExperiment(text)
		if err != nil {
			v.bad("experiment", err)
		}
		o.Experiment = append(o.Experiment, f)
	}
	v.targets(&o)
	v.labels(&o)
	return o
}

func (v *values) targets(o *scenario.Overrides) {
	for _, text := range v.c.StringSlice("target") {
		t, err := scenario.ParseTarget(text)
		if err != nil {
			v.problems = append(v.problems, err)
			continue
		}
		o.Targets = append(o.Targets, t)
	}
}

func (v *values) labels(o *scenario.Overrides) {
	for _, text := range v.c.StringSlice("label") {
		key, value, err := scenario.ParseLabel(text)
		if err != nil {
			v.problems = append(v.problems, err)
			continue
		}
		if o.Labels == nil {
			o.Labels = map[string]string{}
		}
		o.Labels[key] = value
	}
}
