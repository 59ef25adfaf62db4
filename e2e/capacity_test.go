package e2e

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestCapacityChart climbs a few steps and goes over their dots with the pointer
// and the keys.
func TestCapacityChart(t *testing.T) {
	dir := t.TempDir()
	out, _ := exec.CommandContext(t.Context(), binary, "capacity", "--climb", "2s", "--step", "2s", "--settle", "1s", "--from", "20", "--max-steps", "3",
		"--out", dir, "--run-id", "knee").CombinedOutput() // so few steps decide nothing: the exit code is 3
	b := open(t)
	address := "file://" + filepath.Join(dir, "knee", "report.html")
	b.do(chromedp.Navigate(address))
	if !js[bool](b, `document.querySelector("#margins svg") !== null`) {
		t.Fatalf("there is no chart: %s", out)
	}
	steps := js[[]float64](b, `JSON.parse(document.querySelector("#margins svg").dataset.chart).series.flatMap(s => s.x.filter((_, i) => s.y[i] !== null))`)
	if len(steps) < 3 {
		t.Errorf("the chart has dots at %v; want 3 and more: %s", steps, out)
	}
	b.do(chromedp.Evaluate(`(() => {
		const svg = document.querySelector("#margins svg"), box = svg.getBoundingClientRect();
		svg.dispatchEvent(new PointerEvent("pointermove", { bubbles: true, clientX: box.left + 1, clientY: box.top + 50 }));
	})()`, nil))
	tip := `document.querySelector("#margins .tip").innerText`
	for _, level := range []string{"20/s", "40/s", "80/s"} {
		if text := js[string](b, tip); !strings.HasPrefix(text, level) || strings.Contains(text, "–") || strings.Count(text, "%") != 1 {
			t.Errorf("at %s it says %q", level, text)
		}
		b.do(chromedp.Evaluate(`document.querySelector("#margins svg").dispatchEvent(new KeyboardEvent("keydown", { bubbles: true, key: "ArrowRight" }))`, nil))
	}
	labels := `[...document.querySelectorAll("#margins svg > text")].filter(t => getComputedStyle(t).display !== "none").map(t => t.getBoundingClientRect())`
	covered := `(() => { const svg = document.querySelector("#margins svg"), data = JSON.parse(svg.dataset.chart), box = svg.getBoundingClientRect();
		const log = (a, v) => Math.log(v / a.min) / Math.log(a.max / a.min), all = ` + labels + `;
		const dots = data.series.flatMap(s => s.x.map((x, i) => [box.left + box.width * log(data.x, x), box.top + data.top + data.height * (1 - log(data.y, s.y[i]))]).filter((_, i) => s.y[i] !== null));
		const hits = dots.filter(([x, y]) => all.some(r => x > r.left - 3 && x < r.right + 3 && y > r.top && y < r.bottom));
		const pairs = all.filter((a, i) => all.some((b, j) => j > i && a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom));
		return hits.length + pairs.length; })()`
	for _, screen := range []chromedp.Action{chromedp.EmulateViewport(1280, 900), phone} {
		b.do(screen)
		if n := js[int](b, covered); n > 0 {
			t.Errorf("%d dots or labels stand on labels", n)
		}
		if over := js[float64](b, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
			t.Errorf("the page is %.0f pixels too wide", over)
		}
	}
	b.shoot("capacity")
	b.clean(address)
}
