package results

import (
	"math/rand/v2"
	"testing"
	"time"
)

// A run says how near it came to the ceiling of the way it was driven, the same
// when it is made again from its files; and nothing where one way wasn't measured.
func TestCeiling(t *testing.T) {
	way := Way{Engine: "fast", Scheme: "https", HTTP: "1.1", Connections: "shared"}
	for name, test := range map[string]struct {
		ceilings []Ceiling
		want     bool
	}{
		"none":        {nil, false},
		"another way": {[]Ceiling{{Way: Way{Engine: "fast", Scheme: "http", HTTP: "1.1", Connections: "shared"}, RequestsPerS: 1000}}, false},
		"this way":    {[]Ceiling{{Way: way, RequestsPerS: 1000, LowerBound: true}}, true},
	} {
		r := newRun(t, nil, func(o *Options) { o.Run.Ceilings = test.ceilings })
		r.play(rand.New(rand.NewPCG(1, 2)), 5)
		for range 250 {
			r.r[0].Count(Hold, 0, Requests, 1)
			r.r[1].Count(Hold, 1, Requests, 1)
		}
		s := r.finish(Ending{})
		g := s.Generator.Ceiling
		if (g != nil) != test.want {
			t.Errorf("%s: %+v", name, g)
			continue
		}
		again, err := Rebuild(r.f)
		if err != nil {
			t.Fatal(err)
		}
		if !test.want {
			continue
		}
		var requests int64
		for _, target := range s.Targets {
			requests += target.Traffic.Requests
		}
		want := float64(requests) / s.DurationS / 1000
		if requests < 500 || g.Share > want*1.001 || g.Share < want*0.5 || !g.LowerBound || len(g.Of) != 1 {
			t.Errorf("%s: %+v, want about %v of %d requests", name, g, want, requests)
		}
		if b := again.Generator.Ceiling; b == nil || b.Share != g.Share {
			t.Errorf("%s: made again: %+v, want %+v", name, b, g)
		}
	}
}

// A burst shows beside the mean that hides it, and of several shards, each with a
// machine of its own, the one that came nearest counts, not their sum.
func TestCeilingOfABurst(t *testing.T) {
	way := Way{Engine: "fast", Scheme: "https", HTTP: "1.1", Connections: "shared"}
	var folders []*Folder
	for i, burst := range []int64{0, 900} {
		r := newRun(t, nil, func(o *Options) {
			o.Run.Ceilings, o.Run.Shard = []Ceiling{{Way: way, RequestsPerS: 1000}}, []string{"1/2", "2/2"}[i]
		})
		r.r[0].Count(Warmup, 0, Requests, 5000)
		r.tick(Warmup)
		for second := range 10 {
			r.cycle(0, Hold, 5*time.Millisecond, OK, NoClass)
			r.r[0].Count(Hold, 1, Requests, 96)
			if second == 4 {
				r.r[1].Count(Hold, 0, Requests, burst)
			}
			r.tick(Hold)
		}
		g := r.finish(Ending{Hold: r.held}).Generator.Ceiling
		if want := 0.1 + float64(burst)/10e3; g == nil || g.Share != want || g.WorstShare != 0.1+float64(burst)/1e3 {
			t.Errorf("a burst of %d: %+v, want a share of %v", burst, g, want)
		}
		folders = append(folders, r.f)
	}
	s, err := Merge(folders...)
	if err != nil {
		t.Fatal(err)
	}
	if g := s.Generator.Ceiling; g == nil || g.Share != 0.19 || g.WorstShare != 1 {
		t.Errorf("of both shards: %+v, want the second's", g)
	}
}
