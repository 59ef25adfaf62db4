package report

import (
	"fmt"
	"io"
	"strings"

	"authsoak/results"
)

// Calibration writes what the generator can do on a machine. The error is w's.
func Calibration(w io.Writer, c *results.Calibration, opt TextOptions) error {
	p := newPage(opt)
	p.line(p.bold("The generator's ceiling") + fmt.Sprintf("  on %d cores, %s, %s, authsoak %s", c.On.Cores, clean(c.On.OS), clean(c.On.GoVersion), clean(c.On.Version)))
	if on := identity(&c.On); on != "" {
		p.line("  " + p.dim(on))
	}
	p.line("")
	p.line(fmt.Sprintf("  %-9s %-6s %-4s %-12s %11s %17s %6s %8s  %s", "engine", "", "HTTP", "connections", "requests/s", "spread", "users", "cpu/req", "limit"))
	bounds := 0
	for i := range c.Cases {
		k := &c.Cases[i]
		rate, limit := perSecond(k.RequestsPerS), clean(k.Limit)
		if k.LowerBound {
			bounds++
			rate = p.atLeast() + rate
		}
		p.line(fmt.Sprintf("  %-9s %-6s %-4s %-12s %11s %17s %6d %8s  %s", clean(k.Engine), clean(k.Scheme), clean(k.HTTP), clean(k.Connections), rate,
			perSecond(k.LowestPerS)+" "+p.dash()+" "+perSecond(k.HighestPerS), k.Users, perRequest(k.CPUUsPerRequest),
			fmt.Sprintf("%s (%.0f %% + %.0f %%)", limit, k.GeneratorShare*100, k.ServerShare*100)))
	}
	p.line("")
	p.prose("  ", "limit: what kept it from more, and the share of all processors that the generator + the null server took. neither: together they did not use the processors up; other processes did, or they waited.", p.dim)
	if bounds > 0 {
		p.prose("  ", p.atLeast()+"a lower bound: the null server took more of the processor than the generator, or the processor was not used up.", p.dim)
	}
	_, err := io.WriteString(w, p.String())
	return err
}

// identity is what besides versions a calibration holds for; "" where nothing is
// known of it.
func identity(m *results.Machine) string {
	var parts []string
	if m.CPU != "" {
		parts = append(parts, clean(m.CPU))
	}
	if m.Build != "" {
		parts = append(parts, "build "+clean(m.Build))
	}
	return strings.Join(parts, ", ")
}

// perRequest is a time of some microseconds.
func perRequest(us float64) string {
	if us >= 100 {
		return fmt.Sprintf("%.0f us", us)
	}
	return fmt.Sprintf("%.3g us", us)
}

func (p *page) atLeast() string {
	if p.opt.ASCII {
		return ">="
	}
	return "≥ "
}

func (p *page) dash() string {
	if p.opt.ASCII {
		return "-"
	}
	return "–"
}

// ceilingText says how near the generator came to what it can do; "" where nobody
// knows.
func ceilingText(g *results.GeneratorSummary) string {
	c := g.Ceiling
	if c == nil || len(c.Of) == 0 {
		return ""
	}
	var ways []string
	for i := range c.Of {
		w := &c.Of[i]
		ways = append(ways, fmt.Sprintf("%s, %s, HTTP/%s, %s: %s requests/s", clean(w.Engine), clean(w.Scheme), clean(w.HTTP), clean(w.Connections), perSecond(w.RequestsPerS)))
	}
	text := percent(c.Share) + " of its ceiling on average, " + percent(c.WorstShare) + " in the busiest second"
	if c.LowerBound {
		text = "at most " + text
	}
	return text + " (" + strings.Join(ways, "; ") + ")"
}
