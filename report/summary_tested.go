package report

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"authsoak/results"
)

// tested writes what was driven, how, and who allowed it.
func (p *page) tested(s *results.Summary) {
	p.heading("Tested")
	p.targets(s.Targets)
	if insecure := insecureTargets(s); len(insecure) > 0 {
		p.insecure(insecure)
	}
	if load := clean(cmp.Or(s.Load, s.Model)); load != "" {
		p.field("load", load+", seed "+strconv.FormatUint(s.Seed, 10))
	}
	p.field("time", timeText(s))
	p.begun(s)
	p.field("cycles", cycles(s.Cycles, s.DurationS))
}

func (p *page) insecure(targets []string) {
	p.prose("  "+p.warn+" ", "INSECURE: certificate not verified: "+strings.Join(targets, ", ")+
		"; whoever sits on the way could have read the credentials", p.yellow)
}

// begun writes when it began, by which authsoak, and who allowed it.
func (p *page) begun(s *results.Summary) {
	if s.StartedAt != "" {
		text := started(s.StartedAt)
		if s.Version != "" {
			text += " by authsoak " + clean(s.Version)
		}
		p.field("started", text)
	}
	if s.Authorized != "" {
		p.field("authorized", "by "+clean(s.Authorized))
	}
	if len(s.Labels) > 0 {
		p.field("labels", labels(s.Labels))
	}
}

// started is the instant to the second, as it stands where it is none.
func started(text string) string {
	if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return at.Format(time.RFC3339)
	}
	return clean(text)
}

func (p *page) targets(targets []results.TargetInfo) {
	names := 0
	ways := make(map[string]bool)
	for i := range targets {
		names = max(names, columns(clean(targets[i].Name)))
		ways[way(&targets[i])] = true
	}
	names = max(min(names, p.width/3), labelWidth-1)
	for i := range targets {
		t := &targets[i]
		what := spoken(t)
		if len(ways) > 1 {
			what += "; " + way(t)
		}
		first := "  " + left(cut(clean(t.Name), names, p.ellipsis), names) + " "
		url := clean(t.URL)
		if columns(first)+columns(what)+2+columns(url) <= p.width {
			p.line(first + what + "  " + p.dim(url))
			continue
		}
		p.prose(first, what, nil)
		p.prose(blanks(columns(first)), url, p.dim)
	}
	if len(ways) == 1 {
		p.field("driven by", way(&targets[0]))
	}
}

// spoken is what the target is and how its users log in.
func spoken(t *results.TargetInfo) string {
	text := clean(t.Endpoint)
	if t.Version != "" {
		text += " " + clean(t.Version)
	}
	if t.Method != "" {
		text += ", " + clean(t.Method)
	}
	if t.CSRF {
		text += ", CSRF"
	}
	if t.ClientType != "" {
		text += ", client type " + clean(t.ClientType)
	}
	return text
}

// way is how the requests travel.
func way(t *results.TargetInfo) string {
	return clean(t.Engine) + " engine, HTTP/" + clean(t.HTTP) + ", connections " + clean(t.Connections)
}

// insecureTargets gathers the names from both places that may hold them.
func insecureTargets(s *results.Summary) []string {
	var names []string
	for _, n := range s.Insecure {
		names = append(names, clean(n))
	}
	for i := range s.Targets {
		if n := clean(s.Targets[i].Name); s.Targets[i].Insecure && !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return names
}

func timeText(s *results.Summary) string {
	text := span(s.DurationS) + " hold"
	if s.WarmupS > 0 {
		text += ", after " + span(s.WarmupS) + " of warm-up that doesn't count"
	}
	if s.DrainS > 0 {
		text += "; " + span(s.DrainS) + " to log everybody out"
	}
	return text
}

func labels(m map[string]string) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, clean(k)+"="+clean(m[k]))
	}
	return strings.Join(parts, ", ")
}

// cycles tells where every planned cycle went.
func cycles(c results.CycleCounts, seconds float64) string {
	if c.Planned == 0 && c.Completed == 0 {
		return "none"
	}
	text := count(c.Planned) + " planned, " + count(c.Completed) + " completed"
	if seconds > 0 {
		text += " at " + perSecond(float64(c.Completed)/seconds) + "/s"
	}
	text += ": " + outcomes(c.OK, c.Fail, c.Unknown)
	if c.Interrupted > 0 {
		text += "; " + count(c.Interrupted) + " cut short by the end"
	}
	if c.Dropped > 0 {
		text += "; " + count(c.Dropped) + " dropped"
	}
	return text
}

func outcomes(ok, fail, unknown int64) string {
	text := count(ok) + " ok, " + count(fail) + " fail"
	if unknown > 0 {
		text += ", " + count(unknown) + " unknown"
	}
	return text
}
