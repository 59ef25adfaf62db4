package matrix_test

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"authsoak/rules"
	"authsoak/simulator"
)

type duration = time.Duration

const (
	second = time.Second
	hour   = time.Hour
)

var update = flag.Bool("update", false, "rewrite docs/mutants.md")

// tries is how often a trial is made to catch a defect that shows once in fifty
// times: 0.98^460 is less than 1 in 10,000.
const tries = 460

// tried is what became of one mutant.
type tried struct {
	simulator.Mutant
	uses, caught int
	// noticed counts the uses on which other rules failed.
	noticed map[string]int
	how     string          // by which command it is caught
	arms    map[string]bool // of a ladder, that answer otherwise than on an honest server
	rare    string          // in how many tries its intermittent kind is
}

// Each mutant is caught by the rule named for it, on every use on which it can
// show; other rules notice it only where that is expected; it lets ordinary
// cycles pass; and its intermittent kind is caught too. docs/mutants.md is the
// table of it.
func TestMutants(t *testing.T) {
	all := uses(t)
	found := make([]tried, len(simulator.Mutants()))
	t.Run("try", func(t *testing.T) {
		for i, m := range simulator.Mutants() {
			t.Run(m.Name, func(t *testing.T) {
				t.Parallel()
				found[i] = tried{Mutant: m, noticed: map[string]int{}, arms: map[string]bool{}}
				find := &found[i]
				switch group, _, _ := strings.Cut(m.Name, "."); group {
				case "race":
					find.race(t, all)
				case "lifetime":
					find.ladder(t, all)
				case "load", "ledger":
					find.load(t, all)
				default:
					find.contract(t, all)
				}
				find.ordinary(t, all)
				find.settle(t)
			})
		}
	})
	whole := !slices.ContainsFunc(found, func(f tried) bool { return f.how == "" })
	if whole {
		everyRule(t, all, found)
		everyArm(t, found)
	}
	if whole && !t.Failed() {
		compare(t, filepath.Join("..", "..", "docs", "mutants.md"), document(found))
	}
}

// contract tries a mutant of the rules that `authsoak check` tries.
func (f *tried) contract(t *testing.T, all []use) {
	f.how = "check"
	var rare *use
	for i := range all {
		u := &all[i]
		if !f.Shows(u.Use) || u.TLS && u.Method != "x509" && f.Needs != simulator.NeedTLS {
			continue
		}
		pattern := "" // everything, to see what else notices it
		if !typical(*u) || u.TLS && len(f.Methods) == 0 {
			pattern = f.Rule()
		}
		synctest.Test(t, func(t *testing.T) {
			s := u.open(t, simulator.Options{Seed: uint64(i + 1), Mutant: f.Name})
			defer s.close()
			if f.judge(t, u, s, pattern) && rare == nil {
				rare = u
			}
		})
	}
	if rare != nil {
		f.rare = fmt.Sprint(tries)
		f.intermittent(t, rare)
	}
}

// intermittent repeats the trial of one rule until a mutant's rare kind shows.
func (f *tried) intermittent(t *testing.T, u *use) {
	const atOnce = tries / 20
	synctest.Test(t, func(t *testing.T) {
		s := u.open(t, simulator.Options{Seed: 1, Mutant: f.Name + "@50"})
		defer s.close()
		for range tries / atOnce {
			if len(failed(s.contract(t, f.Rule(), atOnce).Results)) > 0 {
				return
			}
		}
		t.Errorf("%s@50 on %s is not caught in %d tries", f.Name, u.name(), tries)
	})
}

// judge tells whether the mutant's rule caught it on a use, where the rule is
// judged there.
func (f *tried) judge(t *testing.T, u *use, s *site, pattern string) bool {
	out := s.contract(t, pattern, 1)
	own := out.Results[slices.IndexFunc(out.Results, func(c result) bool { return c.ID == f.Rule() })]
	if !own.Judged || own.Verdict == string(rules.NotApplicable) || own.Verdict == string(rules.NotTried) {
		return false
	}
	f.uses++
	for _, id := range failed(out.Results) {
		if id == f.Rule() {
			f.caught++
			continue
		}
		f.noticed[id]++
		if consequences[f.Name][id] == "" {
			t.Errorf("on %s, %s fails too: nothing says that it may", u.name(), id)
		}
	}
	if own.Verdict == string(rules.FailedRule) {
		return true
	}
	t.Errorf("on %s, %s ends %q: expected %s, observed %s", u.name(), f.Rule(), own.Verdict, own.Expected, own.Observed)
	return false
}

// ordinary drives cycles one after the other: a mutant lets them pass, unless
// none could.
func (f *tried) ordinary(t *testing.T, all []use) {
	const n = 2
	shown := false
	for i := range all {
		u := &all[i]
		optional := u.ClientType || u.Tenant || u.CSRF || u.MaxAge
		if !f.Shows(u.Use) || !plainest(*u) || u.BasicOff || optional && f.Needs == "" {
			continue
		}
		synctest.Test(t, func(t *testing.T) {
			s := u.open(t, simulator.Options{Seed: 1, Mutant: f.Name})
			defer s.close()
			sum := s.cycles(t, n)
			if sum.Cycles.OK == n {
				return
			}
			shown = true
			if !f.Plain {
				t.Errorf("on %s, ordinary cycles show it: %+v %v", u.name(), sum.Cycles, failures(sum))
			}
		})
	}
	if f.Plain && !shown {
		t.Errorf("it is said to show in ordinary cycles, and does not")
	}
}

// plainest leaves one use of each method, and those that options make.
func plainest(u use) bool {
	return typical(u) && (u.Endpoint != "lre" || u.Version == "2023" && u.Method != "client-key-json") && (!u.TLS || u.Method == "x509")
}

// settle holds what was found against what was expected.
func (f *tried) settle(t *testing.T) {
	if f.caught == 0 {
		t.Errorf("no rule was tried on it")
	}
	for id := range consequences[f.Name] {
		if f.noticed[id] == 0 {
			t.Errorf("consequences says that %s notices it, but it does not", id)
		}
	}
}

// document is docs/mutants.md.
func document(found []tried) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, intro, tries, rareLadders)
	fmt.Fprintf(&b, "| mutant | what is wrong | caught by its rule | noticed too by | ordinary cycles | `@50` |\n|---|---|---|---|---|---|\n")
	for i := range found {
		f := &found[i]
		cycles := "pass"
		if f.Plain {
			cycles = "show it"
		}
		rare := "–"
		if f.rare != "" {
			rare = f.rare
		}
		caught := fmt.Sprintf("`%s`, %d of %d uses", f.how, f.caught, f.uses)
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s |\n", f.Name, f.About, caught, strings.Join(slices.Sorted(maps.Keys(f.noticed)), ", "), cycles, rare)
	}
	fmt.Fprintf(&b, "\n## Rules × mutants\n\n`#` caught by the rule named for it, `+` noticed by another, `.` passed or not tried.\n\n```\n")
	matrix(&b, found)
	fmt.Fprintf(&b, "```\n\n## Why other rules notice a mutant\n\n| mutant | rule | reason |\n|---|---|---|\n")
	for _, name := range slices.Sorted(maps.Keys(consequences)) {
		for _, id := range slices.Sorted(maps.Keys(consequences[name])) {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", name, id, consequences[name][id])
		}
	}
	return b.Bytes()
}

const intro = "# Mutants\n\nGenerated by `go test ./check/matrix -run TestMutants -update` and kept true by the same test. " +
	"A mutant is a server that is broken on purpose, `authsoak simulate --mutant NAME`; the rule of its name must catch it, on every endpoint, " +
	"version, login method and option on which it can show and the rule is judged. " +
	"NAME@50 is its intermittent kind, which shows once in fifty answers, or in one session of fifty where the defect is a session's; " +
	"the last column is the number of tries, rounds, ladders or cycles in which that is caught. For a rule of `check` it is %[1]d trials of one rule: " +
	"a defect that shows once in fifty times stays hidden in so many with a chance below 1 in 10,000. A ladder has two sessions in the smallest of its arms, " +
	"so %[2]d ladders are as many sessions. Of requests that meet, one that is struck suffices; so many rounds are as sure. " +
	"Which answers and sessions are struck depends on the seed alone. `lifetime.idle/lazy` has no such kind: " +
	"that a reaper passes now and then shows in many sessions that end together, and one in fifty ends no later than the ladder can tell.\n\n"

// matrix prints a row a mutant and a column a rule.
func matrix(b *bytes.Buffer, found []tried) {
	width := 0
	for i := range found {
		width = max(width, len(found[i].Name))
	}
	ids := rules.IDs()
	for _, digit := range []int{10, 1} {
		fmt.Fprintf(b, "%-*s  ", width, "")
		for i := range ids {
			fmt.Fprint(b, (i+1)/digit%10)
		}
		fmt.Fprintln(b)
	}
	for i := range found {
		f := &found[i]
		fmt.Fprintf(b, "%-*s  ", width, f.Name)
		for _, id := range ids {
			switch {
			case id == f.Rule() && f.caught > 0:
				b.WriteByte('#')
			case f.noticed[id] > 0:
				b.WriteByte('+')
			default:
				b.WriteByte('.')
			}
		}
		fmt.Fprintln(b)
	}
	fmt.Fprintln(b)
	for i, id := range ids {
		fmt.Fprintf(b, "%2d %s\n", i+1, id)
	}
}

func compare(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is out of date: run go test ./check/matrix -run TestMutants -update (%v)", path, err)
	}
}
