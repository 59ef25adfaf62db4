package report

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"authsoak/results"
)

func TestLines(t *testing.T) {
	nine := append(append([]string{}, fourNames...), "a", "b", "c", "d", "e")
	for _, c := range []struct {
		name string
		opt  LiveOptions
	}{
		{"lines-one", LiveOptions{Targets: fourNames[:1], RunFolder: folder}},
		{"lines-four", LiveOptions{Targets: fourNames}},
		{"lines-nine", LiveOptions{Targets: nine, ASCII: true, Every: 20 * time.Second}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			l := NewLive(&b, c.opt)
			for second := 0; second <= 65; second++ {
				s := at(second, c.opt.Targets)
				if second >= 57 {
					s.Broken = "p99(login) < 500ms"
				}
				l.Update(s)
				if second == 17 {
					l.Message("space: 3 dead sessions were\naccepted\x1b[0m")
				}
			}
			l.Finish()
			l.Finish()
			golden(t, c.name, b.String())
			if strings.ContainsAny(b.String(), "\x1b\r") {
				t.Error("escapes or carriage returns in plain lines")
			}
		})
	}
}

func TestLinesWithoutASnapshot(t *testing.T) {
	var b bytes.Buffer
	NewLive(&b, LiveOptions{}).Finish()
	if b.Len() > 0 {
		t.Errorf("a run that never began wrote %q", b.String())
	}
}

// A run whose ticks come seldom still has a line for each.
func TestLinesSeldomTicks(t *testing.T) {
	var b bytes.Buffer
	l := NewLive(&b, LiveOptions{})
	for _, second := range []int{3, 4, 11, 12, 29} {
		l.Update(at(second, fourNames[:1]))
	}
	l.Finish()
	if got := strings.Count(b.String(), "\n"); got != 4 {
		t.Errorf("%d lines, want those of 0:03, 0:11, 0:29 and the end:\n%s", got, b.String())
	}
}

func TestQuiet(t *testing.T) {
	var b bytes.Buffer
	l := NewLive(&b, LiveOptions{Quiet: true, Terminal: true, Targets: fourNames, RunFolder: folder})
	l.Update(at(20, fourNames))
	l.Message("hello")
	l.Finish()
	if b.Len() > 0 {
		t.Errorf("a quiet view wrote %q", b.String())
	}
}

func TestWorst(t *testing.T) {
	all := []results.TargetNow{{Name: "slow", P99: time.Second}, {Name: "fine"}, {Name: "failing", Fail: 1}, {Name: "slower", P99: time.Minute}}
	for n, want := range map[int]string{1: "failing", 2: "failing slower", 3: "slow failing slower", 4: "slow fine failing slower", 9: "slow fine failing slower"} {
		var names []string
		for _, t := range worst(all, n) {
			names = append(names, t.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("worst(%d) = %s, want %s", n, got, want)
		}
	}
}

func TestScreenOptionsOfAFile(t *testing.T) {
	f, err := os.Create(t.TempDir() + "/log")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	o := ScreenOptions(f, func(string) string { return "xterm-256color" })
	if o.Terminal || o.Color || o.Width() != 0 || o.Height() != 0 {
		t.Errorf("a file is taken for a terminal: %+v", o)
	}
	o.Terminal, o.Width = true, func() int { return 132 }
	o.RunFolder, o.Quiet = folder, true
	if got, want := TextFor(o), (TextOptions{Width: 132, ASCII: true, Brief: true, Folder: folder}); got != want {
		t.Errorf("TextFor = %+v, want %+v", got, want)
	}
}

func TestSpeaksUTF8(t *testing.T) {
	for _, c := range []struct {
		all, ctype, lang string
		want             bool
	}{
		{"", "", "", true}, {"", "", "en_GB.UTF-8", true}, {"", "", "C", false}, {"", "C.utf8", "C", true},
		{"POSIX", "C.utf8", "en_GB.UTF-8", false}, {"", "", "de_DE.ISO-8859-1", false},
	} {
		got := speaksUTF8(func(key string) string {
			return map[string]string{"LC_ALL": c.all, "LC_CTYPE": c.ctype, "LANG": c.lang}[key]
		})
		if got != c.want {
			t.Errorf("LC_ALL=%s LC_CTYPE=%s LANG=%s: %t, want %t", c.all, c.ctype, c.lang, got, c.want)
		}
	}
}

func BenchmarkBars(b *testing.B) {
	l := NewLive(io.Discard, LiveOptions{Terminal: true, Targets: fourNames, Color: true})
	defer l.Finish()
	v := l.(*barView)
	v.take(at(31, fourNames))
	for b.Loop() {
		v.redraw <- time.Time{}
	}
}
