package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// demonstration runs authsoak against its own simulator and returns the folder.
func demonstration(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	out, err := exec.CommandContext(t.Context(), binary, "run", "--duration", "4s", "--quiet", "--out", dir, "--run-id", "shown").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return filepath.Join(dir, "shown")
}

// phone is a narrow screen.
var phone = emulation.SetDeviceMetricsOverride(360, 740, 2, true)

func TestReport(t *testing.T) {
	dir := demonstration(t)
	b := open(t)
	address := "file://" + filepath.Join(dir, "report.html")
	b.do(chromedp.Navigate(address), chromedp.WaitVisible("#answer .badge"))

	if got := js[string](b, `document.querySelector(".badge").textContent`); got != "PASS" {
		t.Errorf("the badge says %q", got)
	}
	first := js[float64](b, `document.querySelector("#answer .two").getBoundingClientRect().bottom`)
	if first > 900 {
		t.Errorf("the answer ends %.0f pixels down, below the first screen", first)
	}
	goodput(t, b, dir)
	hover(t, b)
	themes(t, b)
	printed(t, b)
	b.do(phone)
	if over := js[float64](b, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
		t.Errorf("on a phone the page is %.0f pixels too wide", over)
	}
	b.shoot("phone")
	b.clean(address)
}

// goodput compares the points of a chart with what the run wrote down.
func goodput(t *testing.T, b *tab, dir string) {
	shown := js[[]float64](b, `JSON.parse(document.querySelector("#throughput svg").dataset.chart).series
		.find(s => s.name === "completed and correct").y.map(v => v ?? 0)`)
	file, err := os.Open(filepath.Join(dir, "intervals.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var counted, drawn float64
	seconds := 0
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var l struct {
			Line, Kind string
			OK         float64
		}
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		if l.Line == "series" && l.Kind == "cycle" {
			counted += l.OK
		}
		if l.Line == "run" {
			seconds++
		}
	}
	for _, v := range shown {
		drawn += v
	}
	// Intervals are a second but for the first and the last, which may share a
	// point with their neighbours.
	if math.Abs(drawn-counted) > 0.1*counted || counted == 0 || len(shown) < seconds-2 || len(shown) > seconds {
		t.Errorf("the chart has %d points that add up to %g, the run %d with %g", len(shown), drawn, seconds, counted)
	}
	paths := js[int](b, `[...document.querySelectorAll("figure.chart .line")].filter(p => p.getTotalLength() > 0).length`)
	if paths < 60 {
		t.Errorf("only %d lines are drawn", paths)
	}
}

// hover looks for the value under the pointer, and for the switch in a legend.
func hover(t *testing.T, b *tab) {
	b.do(chromedp.ScrollIntoView("#throughput"), chromedp.Evaluate(`(() => {
		const svg = document.querySelector("#throughput svg"), box = svg.getBoundingClientRect();
		svg.dispatchEvent(new PointerEvent("pointermove", {bubbles: true, clientX: box.left + box.width / 2, clientY: box.top + 50}));
	})()`, nil))
	tip := js[string](b, `document.querySelector("#throughput .tip")?.innerText ?? ""`)
	if !strings.Contains(tip, "completed") || !strings.Contains(tip, "/s") {
		t.Errorf("over the middle of the chart it says %q", tip)
	}
	b.do(chromedp.Focus("#throughput svg"), chromedp.KeyEvent("\u001b"))
	if js[bool](b, `!!document.querySelector("#throughput .tip")`) {
		t.Error("Escape leaves the values")
	}
	b.do(chromedp.Click(`#throughput .legend [data-series="0"]`))
	if !js[bool](b, `document.querySelector('#throughput path[data-series="0"]').classList.contains("hidden")`) {
		t.Error("a click on the legend hides nothing")
	}
	b.do(chromedp.Click(`#throughput .legend [data-series="0"]`))
}

// themes tries both by the system's wish, and the button.
func themes(t *testing.T, b *tab) {
	seen := map[string]string{}
	for _, theme := range []string{"dark", "light"} {
		b.do(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}))
		seen[theme] = js[string](b, `getComputedStyle(document.body).backgroundColor`)
		b.shoot(theme)
	}
	if seen["dark"] == seen["light"] {
		t.Errorf("both themes have the background %s", seen["dark"])
	}
	b.do(chromedp.Click("#theme"))
	if got := js[string](b, `getComputedStyle(document.body).backgroundColor`); got != seen["dark"] {
		t.Errorf("after the button the background is %s, want %s", got, seen["dark"])
	}
	b.do(chromedp.Click("#theme"))
}

// printed makes a PDF of the page.
func printed(t *testing.T, b *tab) {
	b.do(emulation.SetEmulatedMedia().WithMedia("print"))
	b.shoot("print")
	b.do(emulation.SetEmulatedMedia())
	b.do(chromedp.ActionFunc(func(ctx context.Context) error {
		pdf, _, err := page.PrintToPDF().WithPrintBackground(true).Do(ctx)
		if err == nil && len(pdf) < 10_000 {
			t.Errorf("the PDF has %d bytes", len(pdf))
		}
		if dir := os.Getenv("AUTHSOAK_SHOTS"); dir != "" && err == nil {
			err = os.WriteFile(filepath.Join(dir, "print.pdf"), pdf, 0o644)
		}
		return err
	}))
}
