package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// Every generator runs whole sessions that the server doesn't refuse, over every
// transport that it is said to speak.
func TestGeneratorsKeepSessions(t *testing.T) {
	ca := filepath.Join(t.TempDir(), "ca.pem")
	for name, dial := range map[string]dialer{"loop": newLoop, "fasthttp": newFast, "nethttp": newStandard} {
		for _, over := range transports {
			if name != reference && over != plain {
				continue
			}
			t.Run(name+" "+string(over), func(t *testing.T) {
				file := ""
				if over != plain {
					file = ca
				}
				l, err := hear("127.0.0.1:0", file)
				if err != nil {
					t.Fatal(err)
				}
				defer l.Close()
				s := &bare{}
				go s.accept(l)
				args := []string{"-address", l.Addr().String(), "-connections", "3", "-calls", "2", "-duration", "50ms", "-ca", file}
				if over == tickets {
					args = append(args, "-per-session")
				}
				if err := generate(args, dial); err != nil {
					t.Fatal(err)
				}
				requests, sessions := s.requests.Load(), s.sessions.Load()
				if sessions == 0 || requests != 4*sessions || s.refused.Load() != 0 {
					t.Errorf("%d requests, %d refused, %d sessions: want 4 requests a session, none refused",
						requests, s.refused.Load(), sessions)
				}
			})
		}
	}
}

func TestServerRefusesWithoutCookie(t *testing.T) {
	s := &bare{}
	for head, want := range map[string]string{
		"POST /login HTTP/1.1\r\n":                  "HTTP/1.1 200",
		"GET /call HTTP/1.1\r\n":                    "HTTP/1.1 401",
		"GET /call HTTP/1.1\r\nCookie: SID=abc\r\n": "HTTP/1.1 200",
	} {
		if got := string(s.answer(nil, []byte(head))); !strings.HasPrefix(got, want) {
			t.Errorf("answer(%q) = %q, want %q", head, got, want)
		}
	}
	if s.refused.Load() != 1 || s.sessions.Load() != 1 || s.requests.Load() != 3 {
		t.Errorf("counted %d, %d, %d", s.requests.Load(), s.refused.Load(), s.sessions.Load())
	}
}

func TestHold(t *testing.T) {
	run := func(phase, cpu, requests string) string {
		return `{"line":"run","phase":"` + phase + `","health":{"cpu_s":` + cpu +
			`},"targets":[{"counts":{"warmup":{"requests":1},"hold":{"requests":` + requests + `}}}]}`
	}
	for _, test := range []struct {
		lines []string
		want  float64 // µs a request; 0: an error
	}{
		{[]string{`{"line":"head"}`, run("warmup", "1", "5"), run("hold", "1.001", "99"), run("hold", "1.004", "299"), run("drain", "9", "7")}, 10},
		{[]string{run("warmup", "1", "5"), run("drain", "9", "7")}, 0},
		{[]string{"{"}, 0},
	} {
		folder := t.TempDir()
		text := strings.Join(test.lines, "\n")
		if err := os.WriteFile(filepath.Join(folder, "intervals.jsonl"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		h, err := hold(folder)
		if (err != nil) != (test.want == 0) || err == nil && (h.perRequest() < test.want-0.001 || h.perRequest() > test.want+0.001) {
			t.Errorf("hold(%s) = %v, %v, want %v µs", text, h.perRequest(), err, test.want)
		}
	}
}

func TestArithmetic(t *testing.T) {
	for _, test := range []struct {
		values []float64
		want   float64
	}{{nil, 0}, {[]float64{3}, 3}, {[]float64{9, 1, 2}, 2}, {[]float64{4, 1, 2, 9}, 3}} {
		if got := median(test.values); got != test.want {
			t.Errorf("median(%v) = %v, want %v", test.values, got, test.want)
		}
	}
	if got := ratios([]float64{2, 9, 5}, []float64{1, 3}); !slices.Equal(got, []float64{2, 3}) {
		t.Errorf("ratios of rounds = %v", got)
	}
	if got := rotated([]int{1, 2, 3}, 4); !slices.Equal(got, []int{2, 3, 1}) {
		t.Errorf("turns of round 4 = %v", got)
	}
}

func TestPlan(t *testing.T) {
	works, err := plan("plain,tls", "50,1000", "1,8", 5*time.Second)
	if err != nil || len(works) != 8 || works[7].transport != secured || works[7].connections != 1000 || works[7].calls != 8 {
		t.Errorf("plan = %v, %v", works, err)
	}
	_, err = plan("udp", "0", "x", time.Second)
	for _, want := range []string{"udp", `"0"`, `"x"`, "2s"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("plan of nonsense: %v, want it to name %s", err, want)
		}
	}
}
