package e2e

import (
	"bufio"
	"context"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// running is a run with a live page.
type running struct {
	*exec.Cmd
	url, dir string
}

var urlLine = regexp.MustCompile(`live page\s+(\S+)`)

func start(t *testing.T, arguments ...string) *running {
	t.Helper()
	dir := t.TempDir()
	r := &running{Cmd: exec.CommandContext(t.Context(), binary, append([]string{"run", "--out", dir, "--run-id", "live"}, arguments...)...)}
	r.dir = filepath.Join(dir, "live")
	stderr, err := r.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		if found := urlLine.FindStringSubmatch(lines.Text()); found != nil {
			r.url = found[1]
			go func() { _, _ = io.Copy(io.Discard, stderr) }()
			return r
		}
	}
	t.Fatal("the run didn't say where its page is")
	return nil
}

// watch opens a live page. It asks the page rather than the browser's tree of it,
// which is another one each second.
func (b *tab) watch(url string) {
	b.t.Helper()
	b.do(chromedp.Navigate(url))
	b.until(`document.querySelector(".verdict.running") !== null`)
}

// TestLivePage watches a run, sees it change, and stops it with the button.
func TestLivePage(t *testing.T) {
	r := start(t, "--duration", "5m", "--ui", "127.0.0.1:0")
	b := open(t)
	// Who listens for dialogs before the page asks is not kept waiting by it.
	chromedp.ListenTarget(b.ctx, func(event any) {
		if _, ok := event.(*page.EventJavascriptDialogOpening); ok {
			go func() { _ = chromedp.Run(b.ctx, page.HandleJavaScriptDialog(true)) }()
		}
	})
	b.watch(r.url)
	elapsed := `document.querySelector(".verdict p").textContent`
	before := js[string](b, elapsed)
	b.until(elapsed + ` !== ` + quote(before))
	b.until(`JSON.parse(document.querySelector("#throughput svg").dataset.chart).series[0].y.length > 3`)
	b.shoot("live")
	b.do(chromedp.Evaluate(`document.querySelector("#stop").click()`, nil))
	b.until(`document.querySelector("#live").dataset.state === "ended"`)
	if badge := js[string](b, `document.querySelector(".badge").textContent`); badge != "INTERRUPTED" {
		t.Errorf("the last page says %q", badge)
	}
	if text := js[string](b, `document.querySelector("#answer").innerText`); !strings.Contains(text, "report.html") {
		t.Error("the last page doesn't name the report")
	}
	_ = r.Wait()
	if code := r.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit code %d after the button, want 130: a clean stop", code)
	}
	b.clean(r.url)
}

// TestClosingTheBrowserChangesNothing goes away in the middle of a run.
func TestClosingTheBrowserChangesNothing(t *testing.T) {
	r := start(t, "--duration", "6s", "--ui", "127.0.0.1:0")
	b := open(t)
	b.watch(r.url)
	if err := chromedp.Cancel(b.ctx); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	_ = r.Wait()
	if code := r.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit code %d after the browser was closed, want 0", code)
	}
	if took := time.Since(begin); took > 30*time.Second {
		t.Errorf("the run took %s more", took)
	}
}

// TestToken opens a page that isn't for this machine alone.
func TestToken(t *testing.T) {
	r := start(t, "--duration", "5m", "--ui", "0.0.0.0:0")
	token := r.url[strings.LastIndex(r.url, "=")+1:]
	port := regexp.MustCompile(`:(\d+)/`).FindStringSubmatch(r.url)[1]
	b := open(t)
	b.watch("http://127.0.0.1:" + port + "/?token=" + token)
	if at := js[string](b, `location.href + document.cookie + document.referrer`); strings.Contains(at, token) {
		t.Errorf("the page can see the token: %s", at)
	}
	other := open(t)
	other.do(chromedp.Navigate("http://127.0.0.1:" + port + "/"))
	if text := js[string](other, `document.body.innerText`); !strings.Contains(text, "token") || strings.Contains(text, "RUNNING") {
		t.Errorf("without the token: %s", text)
	}
	_ = r.Process.Kill()
	_ = r.Wait()
	grep := exec.CommandContext(context.Background(), "grep", "-rl", token, r.dir)
	if out, _ := grep.Output(); len(out) > 0 {
		t.Errorf("the token is in %s", out)
	}
}

func quote(s string) string { return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"` }
