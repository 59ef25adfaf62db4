package rules

import (
	"testing"
	"time"
)

// sightings of sessions, each opened at a time and touched at another, in
// seconds.
func at(opened, touched float64, fate Fate) Sighting {
	w := func(s float64) Window {
		d := time.Duration(s * float64(time.Second))
		return Window{From: d, To: d + time.Millisecond}
	}
	return Sighting{Began: w(opened), Touch: w(touched), Fate: fate}
}

func TestFindLoss(t *testing.T) {
	// Sessions that are opened and touched as a ladder does it.
	var opened []float64
	for i := range 20 {
		opened = append(opened, float64(i)*0.15)
	}
	ladder := func(fate func(opened, touched float64) Fate) (seen []Sighting) {
		for i, o := range opened {
			touched := o + 1 + float64(i%7)
			seen = append(seen, at(o, touched, fate(o, touched)))
		}
		for i := range 10 { // a second ladder
			o := 3.3 + float64(i)*0.01
			seen = append(seen, at(o, o+3.5, fate(o, o+3.5)))
		}
		return seen
	}
	dead := map[bool]Fate{true: FateDead, false: FateAlive}
	for name, test := range map[string]struct {
		fate func(opened, touched float64) Fate
		want bool
	}{
		"a restart":            {func(o, d float64) Fate { return dead[o < 3.1 && d > 3.1] }, true},
		"a timeout":            {func(o, d float64) Fate { return dead[d-o > 3] }, false},
		"a restart and a life": {func(o, d float64) Fate { return dead[o < 3.1 && d > 3.1 && o != opened[5]] }, false},
		"two nodes":            {func(o, d float64) Fate { return dead[d-o > 3+2*float64(int(o*100)%2)] }, false},
		"a reaper":             {func(o, d float64) Fate { return dead[float64(int(d/1.5))*1.5-o > 3] }, false},
		"all live":             {func(float64, float64) Fate { return FateAlive }, false},
	} {
		seen := ladder(test.fate)
		l, ok := FindLoss(seen)
		if ok != test.want {
			t.Errorf("%s: FindLoss = %+v, %v, want %v", name, l, ok, test.want)
		}
		if !ok {
			continue
		}
		if restart := 3100 * time.Millisecond; l.From > restart || l.To < restart {
			t.Errorf("%s: between %v and %v, want 3.1s", name, l.From, l.To)
		}
		f := FindingOf(seen)
		if ruling, why := JudgeTimeout(&f, 5*time.Second, time.Second); f.Loss == nil || ruling != Unsure {
			t.Errorf("%s: judged %s: %s", name, ruling, why)
		}
	}
}
