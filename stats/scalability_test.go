package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// Loads and throughputs of a Sun SPARCcenter 2000 under SPEC SDM91 (SPEC
// newsletter 5, 1993), analysed by Gunther ("Guerrilla Capacity Planning", 2007).
// The digits are those that the R package usl 3 prints (Moeding, package usl on
// CRAN, README and vignette), to the last.
func TestFitScalabilityOfGunthersData(t *testing.T) {
	load := []float64{1, 18, 36, 72, 108, 144, 216}
	throughput := []float64{64.9, 995.9, 1652.4, 1853.2, 1828.9, 1775.0, 1702.2}
	s, err := FitScalability(load, throughput)
	if err != nil {
		t.Fatal(err)
	}
	least, most := math.Inf(1), math.Inf(-1)
	for _, r := range s.Residuals {
		least, most = math.Min(least, r), math.Max(most, r)
	}
	for _, c := range []struct {
		what, format string
		got          float64
		want         string
	}{
		{"alpha", "%.7f", s.Alpha.Value, "0.0277285"},
		{"its error", "%.7f", s.Alpha.Error, "0.0091217"},
		{"beta", "%.7f", s.Beta.Value, "0.0001044"},
		{"its error", "%.7f", s.Beta.Error, "0.0000199"},
		{"gamma", "%.4f", s.Gamma.Value, "89.9952"},
		{"its error", "%.4f", s.Gamma.Error, "14.2135"},
		{"residual standard error", "%.1f", s.Error, "82.8"},
		{"least residual", "%.1f", least, "-81.7"},
		{"most residual", "%.1f", most, "111.1"},
	} {
		if got := fmt.Sprintf(c.format, c.got); got != c.want {
			t.Errorf("%s: %s, published %s", c.what, got, c.want)
		}
	}
	if s.DF != 4 {
		t.Errorf("%d degrees of freedom, published 4", s.DF)
	}
	// The peak that follows from the published coefficients.
	n, x, err := s.Peak()
	if err != nil || math.Abs(n-96.5) > 0.1 || math.Abs(x-1884) > 15 {
		t.Errorf("Peak() = %v, %v, %v", n, x, err)
	}
}

// The ray tracer of Gunther's book (section 5.3): the package usl, which holds
// the costs above zero too, prints these coefficients, an error of 9.34 on 8
// degrees of freedom, a limit of 378 and no peak.
func TestFitScalabilityWithoutCoherency(t *testing.T) {
	n := []float64{1, 4, 8, 12, 16, 20, 24, 28, 32, 48, 64}
	x := []float64{20, 78, 130, 170, 190, 200, 210, 230, 260, 280, 310}
	s, err := FitScalability(n, x)
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintf("%.6f %.6f %.6f %.2f %d %.0f", s.Gamma.Value, s.Alpha.Value, s.Beta.Value, s.Error, s.DF, s.Gamma.Value/s.Alpha.Value)
	if want := "21.848843 0.057771 0.000000 9.34 8 378"; got != want {
		t.Errorf("%s, published %s", got, want)
	}
	if _, _, err := s.Peak(); err == nil {
		t.Error("a peak, published: none")
	}
	// The sum of squares with β held at the end of its interval, and the others at
	// their best, is t₀.₉₇₅(8)² = 2.306² times the variance above the least.
	if !s.Beta.Held || s.Beta.Low != 0 || s.Alpha.Held || s.Gamma.Held {
		t.Errorf("%+v, want β held at zero, and nothing else", s)
	}
	var rss float64
	for _, r := range s.Residuals {
		rss += r * r
	}
	at, ok := descend(n, x, law{s.Gamma.Value, s.Alpha.Value, s.Beta.High}, [3]bool{true, true, false})
	if worse := math.Sqrt((squares(n, x, at) - rss) / (rss / 8)); !ok || math.Abs(worse-2.306) > 0.001 {
		t.Errorf("β up to %v, where the curve is %.4f standard errors worse, want 2.306", s.Beta.High, worse)
	}
}

// An interval of a cost that is truly none begins at zero and holds it always; of
// one that is a little more, it holds it about as often as it says.
func TestFitScalabilityHolds(t *testing.T) {
	truth := law{120, 0.04, 0.00001}
	n := []float64{1, 2, 4, 8, 12, 16, 24, 32, 48, 64}
	rng := rand.New(rand.NewPCG(5, 6))
	const tries = 400
	held, holds := 0, 0
	for range tries {
		x := make([]float64, len(n))
		for i := range n {
			x[i] = truth.at(n[i]) + 15*rng.NormFloat64()
		}
		s, err := FitScalability(n, x)
		if err != nil {
			t.Fatal(err)
		}
		if s.Beta.Held {
			held++
			if s.Beta.High <= 0 || math.IsInf(s.Beta.High, 1) {
				t.Errorf("β held with the interval %v to %v, want one of some width", s.Beta.Low, s.Beta.High)
			}
		}
		if s.Beta.Low <= truth[2] && truth[2] <= s.Beta.High {
			holds++
		}
	}
	if share := float64(holds) / tries; held < tries/10 || share < 0.93 {
		t.Errorf("β held in %d of %d tries, its interval holds the truth in %.1f %%: want some, and 93 %% at least", held, tries, 100*share)
	}
}

// MySQL on a Cisco server, measured by Percona, the worked example of Schwartz,
// "Practical scalability analysis with the Universal Scalability Law" (2015):
// λ = 995.6486, σ = 0.02671591, κ = 0.0007690945, the peak 12,341 at 35.
func TestFitScalabilityOfSchwartzsData(t *testing.T) {
	x := []float64{955.16, 1878.91, 2688.01, 3548.68, 4315.54, 5130.43, 5931.37, 6531.08, 7219.8, 7867.61, 8278.71,
		8646.7, 9047.84, 9426.55, 9645.37, 9897.24, 10097.6, 10240.5, 10532.39, 10798.52, 11151.43, 11518.63, 11806,
		12089.37, 12075.41, 12177.29, 12211.41, 12158.93, 12155.27, 12118.04, 12140.4, 12074.39}
	var n []float64
	for i := range x {
		n = append(n, float64(i+1))
	}
	s, err := FitScalability(n, x)
	if err != nil {
		t.Fatal(err)
	}
	// The data are printed with two decimals; the last digit of the coefficients
	// isn't theirs.
	got := fmt.Sprintf("%.2f %.6f %.5e", s.Gamma.Value, s.Alpha.Value, s.Beta.Value)
	if want := "995.65 0.026716 7.69094e-04"; got != want && got != "995.65 0.026716 7.69095e-04" {
		t.Errorf("%s, published %s", got, want)
	}
	peak, most, err := s.Peak()
	if err != nil || math.Floor(peak) != 35 || math.Floor(law{s.Gamma.Value, s.Alpha.Value, s.Beta.Value}.at(35)) != 12341 {
		t.Errorf("Peak() = %v, %v, %v, published 35, 12341", peak, most, err)
	}
}

// The intervals hold the true coefficients about as often as they say.
func TestFitScalabilityRecovers(t *testing.T) {
	truth := law{120, 0.04, 0.0009}
	n := []float64{1, 2, 4, 8, 12, 16, 24, 32, 48, 64}
	rng := rand.New(rand.NewPCG(1, 2))
	const tries = 400
	var held [3]int
	for range tries {
		x := make([]float64, len(n))
		for i := range n {
			x[i] = truth.at(n[i]) + 15*rng.NormFloat64()
		}
		s, err := FitScalability(n, x)
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range []Coefficient{s.Gamma, s.Alpha, s.Beta} {
			if c.Low <= truth[i] && truth[i] <= c.High {
				held[i]++
			}
		}
	}
	for i, name := range []string{"gamma", "alpha", "beta"} {
		if share := float64(held[i]) / tries; share < 0.9 || share > 0.99 {
			t.Errorf("the interval of %s holds it in %.0f %% of %d tries, want about 95 %%", name, 100*share, tries)
		}
	}
}

func TestFitScalabilityRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		n, x []float64
		says string
	}{
		{"too few", []float64{1, 2, 4, 8, 16}, []float64{10, 19, 35, 60, 90}, "5 different loads"},
		{"repeats are one load", []float64{1, 1, 1, 4, 4, 4, 8, 16}, []float64{10, 10, 10, 35, 35, 35, 60, 90}, "4 different loads"},
		{"too narrow", []float64{10, 11, 12, 13, 14, 15}, []float64{10, 11, 12, 13, 14, 15}, "range of 1 to 3"},
		{"no curve", []float64{1, 2, 4, 8, 16, 32}, []float64{100, 5, 90, 3, 120, 1}, ""},
	} {
		_, err := FitScalability(c.n, c.x)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want an error that says %q", c.name, err, c.says)
		}
	}
	n, x := []float64{1, 2, 4, 8, 16, 32}, []float64{10, 19.2, 35, 58, 84, 100}
	s, err := FitScalability(n, x)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.At(64); err != nil {
		t.Errorf("At(64), twice what was measured: %v", err)
	}
	if _, err := s.At(65); err == nil {
		t.Error("At(65): no error, want a refusal beyond twice what was measured")
	}
}
