package stats

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// together is how many series a made run has; the last of them is its ledger.
const together = 8

// asked is how each series is judged: as one of a run, at 5 % together.
func asked(gauge bool) Question {
	return Question{Alpha: 0.05 / together, FloorShare: 0.05, Period: 24, Envelope: gauge}
}

// cell is what came of the runs of one shape and noise.
type cell struct{ runs, alarms, found int }

// drive judges runs of series that are alike in nature and independent of each
// other: the most false alarms that series can have together. A run is called
// drifting if one of its series rises, or its ledger falls.
func drive(shape, noise, runs int, seed uint64) cell {
	c, s := cell{runs: runs}, &shapes[shape]
	r := rand.New(rand.NewPCG(seed+uint64(shape), uint64(noise)))
	for range runs {
		alarm := false
		for i := range together {
			x, v := series(r, shape, noise, 3)
			switch m := Judge(x, v, asked(s.gauge)).Motion; {
			case m == Rises:
				c.found++
				alarm = true
			case m == Falls && i == together-1:
				alarm = true
			}
		}
		if alarm {
			c.alarms++
		}
	}
	return c
}

// share is what the table shows: of the runs in which nothing drifts those that
// are called drifting, of the series that drift those that are found.
func (c cell) share(drift bool) float64 {
	if drift {
		return float64(c.found) / float64(c.runs*together)
	}
	return float64(c.alarms) / float64(c.runs)
}

func driveAll(runs int, seed uint64) [][]cell {
	cells := make([][]cell, len(shapes))
	var group sync.WaitGroup
	for si := range shapes {
		cells[si] = make([]cell, len(noises))
		for ni := range noises {
			group.Go(func() { cells[si][ni] = drive(si, ni, runs, seed) })
		}
	}
	group.Wait()
	return cells
}

var (
	update   = flag.Bool("update", false, "write the table of docs/soak.md")
	madeRuns = flag.Int("runs", 10, "of each shape and noise of made series")
)

// beyond is how many of n events of that chance are more than luck: it happens
// once in ten thousand times.
func beyond(n int, chance float64) int {
	tail, at := 1.0, 0
	p := math.Pow(1-chance, float64(n))
	for ; at <= n && tail > 1e-4; at++ {
		tail -= p
		p *= float64(n-at) / float64(at+1) * chance / (1 - chance)
	}
	return at
}

// TestMadeSeries holds the judgement against made series: what drifts is found,
// and of runs of eight series in which nothing does, fewer than one in twenty is
// called drifting, whatever their shape and noise. Few runs can only tell a rate
// that is clearly too high; the table of docs/soak.md, which -update writes, is of
// many, and what few runs show must agree with it.
func TestMadeSeries(t *testing.T) {
	const seed = 1
	cells := driveAll(*madeRuns, seed)
	if *update {
		writeTable(t, cells)
	}
	alarms, all := 0, 0
	table := readTable(t)
	for si, s := range shapes {
		ofShape := 0
		for ni, c := range cells[si] {
			says, where := table[si][ni], s.name+" under "+noises[ni].name
			n, k := c.runs, c.alarms
			if s.drift {
				n, k = c.runs*together, c.runs*together-c.found
				says = 1 - says
			} else if says >= 0.05 || k >= beyond(n, 0.05) {
				t.Errorf("%s: %d of %d runs are called drifting, the table says %.1f %%; want fewer than 5 %%", where, k, n, 100*says)
			}
			// The table rests on a number of runs itself: a little more is no contradiction.
			if k >= beyond(n, math.Min(says+0.02, 0.99)) {
				t.Errorf("%s: %d of %d are judged wrongly, and the table of docs/soak.md says %.1f %%", where, k, n, 100*says)
			}
			ofShape += c.alarms
		}
		if s.drift {
			continue
		}
		alarms, all = alarms+ofShape, all+len(noises)**madeRuns
		if n := len(noises) * *madeRuns; ofShape >= beyond(n, 0.05) {
			t.Errorf("%s: %d of %d runs are called drifting", s.name, ofShape, n)
		}
	}
	if share := float64(alarms) / float64(all); share >= 0.03 {
		t.Errorf("%.1f %% of all runs in which nothing drifts are called drifting", 100*share)
	}
}

// least is what must be found of a drift of 1 % an hour in a day, by noise: a
// drift that drowns in its noise can't be.
var least = []float64{0.98, 0.9, 0.7, 0.4, 0.7, 0.9}

// TestDriftIsFound holds the table to what it is good for.
func TestDriftIsFound(t *testing.T) {
	table := readTable(t)
	for si, s := range shapes {
		if s.name != "1 % an hour" {
			continue
		}
		for ni, share := range table[si] {
			if share < least[ni] {
				t.Errorf("%s under %s: the table says %.0f %%, want at least %.0f %%", s.name, noises[ni].name, 100*share, 100*least[ni])
			}
		}
		return
	}
	t.Error("no plain drift among the shapes")
}

const tableBegin, tableEnd = "<!-- made series: begin -->\n", "<!-- made series: end -->"

var soakPage = filepath.Join("..", "docs", "soak.md")

// page returns the page of the table: what stands before, the table, what comes
// after.
func page(t *testing.T) (head, table, tail string) {
	t.Helper()
	text, err := os.ReadFile(soakPage)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(text), tableBegin)
	table, tail, also := strings.Cut(rest, tableEnd)
	if !ok || !also {
		t.Fatalf("%s has no place for the table", soakPage)
	}
	return head, table, tail
}

// readTable returns the shares that the table of the page says, by shape and noise.
func readTable(t *testing.T) [][]float64 {
	t.Helper()
	_, table, _ := page(t)
	var out [][]float64
	for _, line := range strings.Split(table, "\n") {
		fields := strings.Split(strings.Trim(line, "| "), " | ")
		if len(out) == len(shapes) || len(fields) != len(noises)+1 || strings.Trim(fields[0], "*") != shapes[len(out)].name {
			continue
		}
		var row []float64
		for _, f := range fields[1:] {
			v, err := strconv.ParseFloat(strings.TrimSuffix(f, " %"), 64)
			if err != nil {
				t.Fatalf("%s: %s: %v", soakPage, line, err)
			}
			row = append(row, v/100)
		}
		out = append(out, row)
	}
	if len(out) != len(shapes) {
		t.Fatalf("%s has %d rows of %d: go test ./stats -run MadeSeries -runs 250 -timeout 1h -update writes them", soakPage, len(out), len(shapes))
	}
	return out
}

func writeTable(t *testing.T, cells [][]cell) {
	t.Helper()
	var b strings.Builder
	b.WriteString("| series |")
	rule := "|---|"
	for _, n := range noises {
		b.WriteString(" " + n.name + " |")
		rule += "---|"
	}
	b.WriteString("\n" + rule + "\n")
	alarms, all := 0, 0
	for si, s := range shapes {
		name := s.name
		if s.drift {
			name = "**" + name + "**"
		}
		b.WriteString("| " + name + " |")
		for _, c := range cells[si] {
			if s.drift {
				fmt.Fprintf(&b, " %.0f %% |", math.Floor(100*c.share(true)))
				continue
			}
			fmt.Fprintf(&b, " %.1f %% |", 100*c.share(false))
			alarms, all = alarms+c.alarms, all+c.runs
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "\nOf %d runs of each kind; false alarms over all runs without a drift: %.1f %%.\n", *madeRuns, 100*float64(alarms)/float64(all))
	head, _, tail := page(t)
	if err := os.WriteFile(soakPage, []byte(head+tableBegin+b.String()+tableEnd+tail), 0o644); err != nil {
		t.Fatal(err)
	}
}
