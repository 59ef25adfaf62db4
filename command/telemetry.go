package command

import (
	"context"
	"fmt"
	"net"
	"os"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/urfave/cli/v2"

	"authsoak/report/telemetry"
	"authsoak/results"
)

// telemetryFlags are the flags about metrics that leave a run while it lasts.
func telemetryFlags() []cli.Flag {
	return []cli.Flag{
		text(resultFlags, "metrics", "`ADDR` serve metrics for Prometheus there, PORT or HOST:PORT; without a host: this machine only"),
		text(resultFlags, "otlp", "`URL` export metrics by OTLP over HTTP; left out: what OTEL_EXPORTER_OTLP_ENDPOINT says"),
	}
}

// outlets are where a run is followed while it lasts: the live page, and where
// its metrics go; nil: nowhere.
type outlets struct {
	program *program
	ui      net.Listener // of the live page
	meter   *telemetry.Meter
	page    *telemetry.Server
	otlp    *telemetry.OTLP
	sending *telemetry.Exporter
	wide    bool
	doubt   string
	over    atomic.Bool // the live view, which shows messages, has ended
}

// outletsOf reads flags and environment, and opens the addresses of the live page
// and of the metrics page.
func (p *program) outletsOf(c *cli.Context) (*outlets, error) {
	o := &outlets{program: p}
	var problems []error
	address := ""
	if c.IsSet("metrics") {
		var err error
		if address, o.wide, err = telemetry.Address(c.String("metrics")); err != nil {
			problems = append(problems, fmt.Errorf("--metrics: %w", err))
		}
	}
	if c.IsSet("otlp") && c.String("otlp") == "" {
		problems = append(problems, fmt.Errorf("--otlp: must be a URL, http://127.0.0.1:4318 for example"))
	}
	var err error
	if o.otlp, o.doubt, err = telemetry.Environment(c.String("otlp"), os.Getenv); err != nil {
		problems = append(problems, err)
	}
	if err := wrongUse(c, problems...); err != nil {
		return nil, err
	}
	if o.ui, err = pageListener(c); err != nil {
		return nil, err
	}
	if address == "" && o.otlp == nil {
		return o, nil
	}
	o.meter = telemetry.NewMeter(Version(), runtime.Version())
	if address != "" {
		if o.page, err = telemetry.Serve(address, o.meter); err != nil {
			o.close()
			return nil, fmt.Errorf("--metrics: %w: choose another port", err)
		}
	}
	return o, nil
}

// export is what the driver hands each interval to; nil: nobody asks.
func (o *outlets) export() func(*results.Increase) {
	if o.meter == nil {
		return nil
	}
	return o.meter.Observe
}

// describe tells where the metrics go.
func (o *outlets) describe(quiet bool) {
	say := func(format string, args ...any) {
		if !quiet {
			fmt.Fprintf(o.program.Err, format, args...)
		}
	}
	if o.page != nil {
		say("metrics     %s\n", o.page.URL())
	}
	if o.wide {
		fmt.Fprintln(o.program.Err, "warning: other machines can read the metrics page: it names the servers, and asks for no password")
	}
	if o.otlp != nil {
		say("metrics     by OTLP to %s\n", o.otlp)
	}
	if o.doubt != "" {
		say("%s\n", o.doubt)
	}
}

// begin starts the export. report is told, in a line, what fails while load runs.
func (o *outlets) begin(quiet bool, report func(string)) {
	if o.otlp == nil {
		return
	}
	o.sending = o.otlp.Start(o.meter, func(line string) {
		switch {
		case !o.over.Load():
			report(line)
		case !quiet:
			fmt.Fprintln(o.program.Err, line)
		}
	})
}

// end lets the final sums out: by a last export, and by a last scrape where one
// is expected. The summary has been printed; a request to stop ends the wait for
// the scrape, and has no more than a few seconds to wait for the export.
func (o *outlets) end(ctx context.Context, quiet bool) {
	o.over.Store(true)
	if o.sending != nil {
		o.sending.Finish(ctx)
		o.sending = nil
	}
	ctx, cancel := o.program.untilStopped(ctx)
	defer cancel()
	if o.page == nil || ctx.Err() != nil {
		return
	}
	wait := o.page.Expected()
	if wait == 0 {
		return
	}
	if wait > time.Second && !quiet {
		fmt.Fprintf(o.program.Err, "metrics     waiting up to %s for the last scrape (interrupt to leave)\n", wait.Round(time.Second))
	}
	ctx, cancelWait := context.WithTimeout(ctx, wait)
	defer cancelWait()
	o.page.AwaitScrape(ctx)
}

// close ends what is still open.
func (o *outlets) close() {
	if o.sending != nil {
		stopped, cancel := context.WithCancel(context.Background())
		cancel()
		o.sending.Finish(stopped)
	}
	if o.page != nil {
		_ = o.page.Close()
	}
	if o.ui != nil {
		_ = o.ui.Close() // closed already where there was a run to show
	}
}
