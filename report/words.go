package report

import (
	"fmt"

	"authsoak/results"
)

// How this package says numbers and findings, for reports of other forms: the
// page must not say another number, or the same one otherwise, than the text.

// Meaning says what the times of a step include, and from which instant.
const Meaning = meaning

// Millis is a time given in milliseconds, with its unit: 12.3 ms.
func Millis(ms float64) string { return millis(ms) }

// BareMillis is [Millis] without a unit, for columns.
func BareMillis(ms float64) string { return bareMillis(ms) }

// Count is a whole number, grouped: 12,345.
func Count(n int64) string { return count(n) }

// Plural is a number and the word that goes with it.
func Plural(n int64, one, many string) string { return plural(n, one, many) }

// PerSecond is a rate without its unit.
func PerSecond(v float64) string { return perSecond(v) }

// Percent is a share of 1; one that is neither none nor all never reads 0 % or
// 100 %.
func Percent(share float64) string { return percent(share) }

// Size is a number of bytes.
func Size(n int64) string { return size(n) }

// Span is a length of time in seconds, as one would say it: 1 h 30 min.
func Span(seconds float64) string { return span(seconds) }

// Clean makes a string from outside safe to show in one line.
func Clean(s string) string { return clean(s) }

// Headline is the verdict in a few words.
func Headline(s *results.Summary) string { return headline(s) }

// Spoken is what a target is and how its users log in; Way, how its requests
// travel.
func Spoken(t *results.TargetInfo) string { return spoken(t) }

// Way is how the requests of a target travel.
func Way(t *results.TargetInfo) string { return way(t) }

// Lengths are those of the hold and of what came before and after it.
func Lengths(s *results.Summary) string { return timeText(s) }

// Started is when the load began, to the second.
func Started(s *results.Summary) string { return started(s.StartedAt) }

// Labels are the facts a run was given, in the order of their keys.
func Labels(s *results.Summary) string { return labels(s.Labels) }

// Cycles tells where every planned cycle went.
func Cycles(s *results.Summary) string { return cycles(s.Cycles, s.DurationS) }

// Traffic is what went over the wire.
func Traffic(s *results.Summary) string { return traffic(s.Targets) }

// Insecure names the targets whose certificate was not verified.
func Insecure(s *results.Summary) []string { return insecureTargets(s) }

// Failure is an error class of one step.
type Failure struct {
	Where string // target.step, or target.step.request
	Share float64
	results.ErrorCount
}

// Failures gathers the errors of steps, the most frequent first. Those of a part
// are left out where its step tells of the same class: they are the same errors.
func Failures(s *results.Summary) []Failure {
	var out []Failure
	for _, f := range failures(s) {
		out = append(out, Failure{place(f.step), float64(f.Count) / float64(max(f.step.Count, 1)), f.ErrorCount})
	}
	return out
}

// Quoted makes a path safe to paste into a shell.
func Quoted(path string) string { return quoted(path) }

// Ceiling says how near the run came to what the generator can do; empty where
// nobody measured that.
func Ceiling(g *results.GeneratorSummary) string { return ceilingText(g) }

// Gap says when a run was not driven, and what became of its sessions.
func Gap(g *results.Gap) string { return gapText(g) }

// DriftVerdict says whether anything drifted.
func DriftVerdict(d *results.Drift) string {
	text, _ := driftWords(d)
	return text
}

// DriftName is a series whose drift was judged.
func DriftName(s *results.DriftSeries) string { return driftName(s) }

// DriftSlope is how fast a series moves, with the interval.
func DriftSlope(s *results.DriftSeries) string {
	return fmt.Sprintf("%s (%s to %s)", signed(s.PerHour, s.Unit), signed(s.LowPerHour, s.Unit), signed(s.HighPerHour, s.Unit))
}

// DriftChange is what that came to in the stretch that was judged.
func DriftChange(s *results.DriftSeries) string { return signed(s.Change, s.Unit) }

// DriftFloor is the least change of a series that counts.
func DriftFloor(s *results.DriftSeries) string { return amount(s.Floor, s.Unit) }

// DriftLimit says when a series would reach its limit if it went on as it does;
// empty where none is known.
func DriftLimit(s *results.DriftSeries) string { return crossing(s.Crosses) }
