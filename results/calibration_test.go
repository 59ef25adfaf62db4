package results

import (
	"math/rand/v2"
	"testing"
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
