package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"authsoak/results"
)

func TestCSV(t *testing.T) {
	for name, s := range map[string]*results.Summary{"pass": passing(), "fail": failing(), "hostile": hostile(), "empty": empty(), "week": week()} {
		var b bytes.Buffer
		if err := CSV(&b, s); err != nil {
			t.Fatal(err)
		}
		if strings.Count(b.String(), "\r\n") != strings.Count(b.String(), "\n") {
			t.Errorf("%s: a line doesn't end as RFC 4180 wants", name)
		}
		rows, err := csv.NewReader(&b).ReadAll() // refuses rows of unequal length
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) != 1+len(s.Steps) {
			t.Errorf("%s: %d rows, want a head and %d", name, len(rows), len(s.Steps))
		}
		for _, row := range rows {
			for _, c := range row {
				if c != "" && strings.ContainsRune("=+-@\t\r|%", rune(c[0])) || strings.HasPrefix(c, "＝") || strings.ContainsAny(c, "\r\n\x00\x1b") {
					t.Errorf("%s: cell %q", name, c)
				}
			}
		}
		if name == "fail" {
			golden(t, "csv", strings.ReplaceAll(lines(rows), "\r", ""))
		}
	}
}

func lines(rows [][]string) string {
	var b strings.Builder
	for _, r := range rows {
		b.WriteString(strings.Join(r, ";") + "\n")
	}
	return b.String()
}

func TestIntervalsCSV(t *testing.T) {
	folder, err := results.CreateFolder(t.TempDir(), "run-1")
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	enc := json.NewEncoder(&file)
	series := results.SeriesName{Target: "=octane", Step: "login", Kind: "step"}
	for _, line := range []any{
		results.Head{Line: results.HeadLine, Schema: results.IntervalsSchema, Series: []results.SeriesName{series}},
		results.SeriesInterval{Line: results.SeriesLine, At: 1, SeriesName: series, Phase: "hold", Count: 5, OK: 2, Fail: 3,
			Errors: map[string]int64{"locked": 1, "timeout": 2}, Service: results.Quantiles{P50: 1.5, P99: 2, Max: 3},
			Response: &results.Quantiles{P50: 10.5, P99: 20, Max: 30}},
		results.RunInterval{Line: results.RunLine, At: 1, Length: 1.002, Phase: "hold", Lateness: results.Quantiles{P99: 0.4}, Workers: 7, Busy: 2,
			TaintedBy: "cpu", Targets: []results.TargetInterval{{Name: "=octane", Sessions: results.SessionCounts{Live: 12},
				Counts: map[string]map[string]int64{"hold": {"cycles_dropped": 4}}}}, Health: results.Health{CPUShare: 0.25, RSS: 1000}},
		results.SeriesInterval{Line: results.SeriesLine, At: 2, SeriesName: results.SeriesName{Target: "=octane", Step: "connect", Kind: "connect"}, Phase: "drain", Count: 1, OK: 1},
	} {
		if err := enc.Encode(line); err != nil {
			t.Fatal(err)
		}
	}
	file.WriteString(`{"line":"run","at_s":2,"len`) // killed here
	if err := os.WriteFile(folder.Path(results.IntervalsFile), file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := IntervalsCSV(&b, folder); err != nil {
		t.Fatal(err)
	}
	want := strings.Join(intervalColumns, ",") + "\r\n" +
		"1,step,hold,'=octane,login,,5,2,3,0,1.5,2,3,10.5,20,30,timeout=2 locked=1,,,,,,,,,\r\n" +
		"1,run,hold,,,,,,,,,,,,,,,1.002,0.4,12,4,7,2,0.25,1000,cpu\r\n" +
		"2,connect,drain,'=octane,connect,,1,1,0,0,0,0,0,,,,,,,,,,,,,\r\n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
	if err := IntervalsCSV(broken{}, folder); err == nil {
		t.Error("the error of the writer is lost")
	}
}

func FuzzCell(f *testing.F) {
	for _, s := range []string{"", "=1", " =1", "\t+1", "＝1", "a", "'=", "\u202e=1", "\xff=1", "a`b``c", "\\|", "\\\x01|", "|"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if c := cellText(s); c != "" && strings.ContainsRune("=+-@|%＝＋－＠", []rune(c)[0]) {
			t.Errorf("cellText(%q): %q", s, c)
		}
		if got := cells("| " + tableCode(s) + " | x |"); len(got) != 2 {
			t.Errorf("tableCode(%q): cells %q", s, got)
		}
	})
}
