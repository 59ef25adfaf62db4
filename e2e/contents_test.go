package e2e

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// ids are those of the sections that a page's contents lead to, and of those with
// a title that stand on the page.
const (
	linked   = `[...document.querySelectorAll("#contents a")].map(a => a.getAttribute("href").slice(1)).join(" ")`
	standing = `[...document.querySelectorAll("main > section[data-title]")].filter(s => s.innerText.trim()).map(s => s.id).join(" ")`
)

// keepSource lets a test speak in the place of the server.
const keepSource = `window.EventSource = class extends EventSource { constructor(...a) { super(...a); window.source = this; } };`

// TestLiveContents watches the parts of a page come after the warm-up, has one go
// and come back, and finds the links to just those that are there.
func TestLiveContents(t *testing.T) {
	r := start(t, "--duration", "5m", "--warmup", "8s", "--ui", "127.0.0.1:0")
	b := open(t)
	b.do(chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := page.AddScriptToEvaluateOnNewDocument(keepSource).Do(ctx)
		return err
	}))
	b.watch(r.url)
	agree := func(when string) string {
		t.Helper()
		both := js[[]string](b, `[`+linked+`, `+standing+`]`)
		if both[0] != both[1] {
			t.Errorf("%s: the contents lead to %q; on the page stand %q", when, both[0], both[1])
		}
		return " " + both[0] + " "
	}
	if in := agree("in the warm-up"); strings.Contains(in, " times ") || strings.Contains(in, " experiment ") || !strings.Contains(in, " steps ") {
		t.Errorf("in the warm-up the contents lead to%s", in)
	}
	b.until(`document.querySelector("#times figure") !== null`)
	if in := agree("in the hold"); !strings.Contains(in, " times spectra ") && !strings.Contains(in, " times network ") {
		t.Errorf("in the hold the contents lead to%s", in)
	}
	tell := func(id, html string) {
		b.do(chromedp.Evaluate(`source.close();
			source.dispatchEvent(new MessageEvent("section", { data: JSON.stringify({ id: "`+id+`", html: "`+html+`" }) }));
			source.dispatchEvent(new MessageEvent("page", { data: JSON.stringify({ state: "live", verdict: "running", title: "x" }) }));`, nil))
	}
	tell("times", "")
	if in := agree("without times"); strings.Contains(in, " times ") {
		t.Errorf("the contents lead to%s", in)
	}
	tell("experiment", "<h2>Experiment</h2>")
	if in := agree("with an experiment"); !strings.Contains(in, " steps experiment load ") {
		t.Errorf("the contents lead to%s", in)
	}
	b.clean(r.url)
	_ = r.Process.Kill()
	_ = r.Wait()
}

// TestUpdateWaitsForTheReader makes sure that what came while a chart was read is
// shown afterwards, though it didn't change again.
func TestUpdateWaitsForTheReader(t *testing.T) {
	r := start(t, "--duration", "5m", "--ui", "127.0.0.1:0")
	b := open(t)
	b.do(chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := page.AddScriptToEvaluateOnNewDocument(keepSource).Do(ctx)
		return err
	}))
	b.watch(r.url)
	b.until(`document.querySelector("#load figure svg") !== null`)
	b.do(chromedp.Evaluate(`source.close();
		const event = (name, data) => source.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(data) }));
		const state = { state: "live", verdict: "running", title: "x" };
		const svg = document.querySelector("#load figure svg"), box = svg.getBoundingClientRect();
		svg.dispatchEvent(new PointerEvent("pointermove", { bubbles: true, clientX: box.left + 9, clientY: box.top + 9 }));
		window.reading = document.querySelector("#load .tip") !== null;
		event("section", { id: "load", html: "<p>new</p>" });
		event("page", state);
		window.left = document.querySelector("#load .tip") !== null;
		svg.dispatchEvent(new PointerEvent("pointerout", { bubbles: true }));
		event("page", state);`, nil))
	if got := js[string](b, `reading + " " + left + " " + document.querySelector("#load").textContent`); got != "true true new" {
		t.Errorf("read, left alone, then: %s", got)
	}
	b.clean(r.url)
	_ = r.Process.Kill()
	_ = r.Wait()
}
