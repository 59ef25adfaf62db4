package command

import (
	"bytes"
	"encoding/base64"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"authsoak/report"
	"authsoak/results"
	"authsoak/simulator"
)

// planted is a password with what makes each encoding differ from the rest.
const planted = `hun"ter:2<ü>&'%\ zweiundvierzig/+=`

// forms are the ways in which a secret could be written down, by name.
func forms(secret string) map[string]string {
	plain := &bytes.Buffer{}
	encoder := json.NewEncoder(plain)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(secret)
	escaped, _ := json.Marshal(secret)
	twice, _ := json.Marshal(string(escaped))
	marked := &bytes.Buffer{}
	_ = xml.EscapeText(marked, []byte(secret))
	out := map[string]string{
		"raw": secret, "JSON": strings.Trim(strings.TrimSpace(plain.String()), `"`), "JSON for HTML": strings.Trim(string(escaped), `"`),
		"JSON in JSON": strings.Trim(string(twice), `"\`), "XML": marked.String(), "HTML": html.EscapeString(secret),
		"query": url.QueryEscape(secret), "path": url.PathEscape(secret), "quoted": strings.Trim(fmt.Sprintf("%q", secret), `"`),
		"hex": hex.EncodeToString([]byte(secret)),
	}
	// Inside a longer text, Base64 of the secret begins at one of three offsets;
	// the characters at both ends depend on what stands beside it.
	for offset := range 3 {
		for name, encoding := range map[string]*base64.Encoding{"base64": base64.RawStdEncoding, "base64url": base64.RawURLEncoding} {
			text := encoding.EncodeToString([]byte(strings.Repeat("x", offset) + secret))
			out[fmt.Sprintf("%s at %d", name, offset)] = text[4 : len(text)-4]
		}
	}
	return out
}

// TestSecretsStayOut plants a password, lets logins with it succeed and fail by
// every method that carries one, and looks for it in all that a run leaves.
func TestSecretsStayOut(t *testing.T) {
	_, address := serveSimulator(t, simulator.Options{
		Accounts: simulator.AccountRule{List: []simulator.Account{{User: "right", Password: planted, ClientID: "rightkey", ClientSecret: planted}}},
	})
	accounts := filepath.Join(t.TempDir(), "accounts.csv")
	var rows bytes.Buffer
	w := csv.NewWriter(&rows)
	_ = w.WriteAll([][]string{
		{"user", "password", "client_id", "client_secret"},
		{"right", planted, "rightkey", planted}, {"wrong", planted, "wrongkey", planted},
	})
	if err := os.WriteFile(accounts, rows.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, target := range [][2]string{
		{"octane", "json"}, {"octane", "api-key"}, {"octane", "basic"}, {"octane", "basic-every-call"},
		{"alm", "api-key"}, {"alm", "password"}, {"space", "basic"}, {"lre", "basic"}, {"lre", "client-key"}, {"acme", "form"},
	} {
		t.Run(target[0]+" "+target[1], func(t *testing.T) {
			t.Setenv("PLANTED", planted)
			t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization="+url.QueryEscape(planted))
			dir, watched := t.TempDir(), watchOutside(t)
			addr, pages := watchPage(t)
			_, stdout, stderr := call(t, "run", "--out", dir, "--duration", "1200ms", "--ui", addr, "--users", "2", "--think", "50ms",
				"--accounts", accounts, "--target", target[0]+"=http://"+address, "--method", target[1], "--label", "kind=secret",
				"--run-id", "one", "--metrics", watched.address, "--otlp", watched.endpoint)
			if !strings.Contains(stdout, "bad-credentials") && !strings.Contains(stdout, "unexpected-answer") {
				t.Errorf("no login failed: nothing could have leaked\n%s\n%s", stdout, stderr)
			}
			look(t, "standard output", stdout)
			look(t, "standard error", stderr)
			shown := pages()
			if !strings.Contains(shown, "RUNNING") {
				t.Error("the live page was never seen")
			}
			look(t, "live page", shown)
			lookInFiles(t, dir)
			watched.look(t)
			for format := range report.Formats() {
				code, stdout, stderr := call(t, "report", "--format", format, filepath.Join(dir, "one"))
				if code != exitPass || stdout == "" {
					t.Errorf("report as %s: exit code %d, %d bytes, %s", format, code, len(stdout), stderr)
				}
				look(t, "the report as "+format, stdout)
			}
			if text, err := os.ReadFile(filepath.Join(dir, "one", results.ReportFile)); err != nil || !bytes.Contains(text, []byte("Examples in full")) {
				t.Errorf("%s shows no example: %v", results.ReportFile, err)
			}
		})
	}
}

// look searches every page and every message.
func (l *outside) look(t *testing.T) {
	l.last(t) // there are some
	for _, page := range l.pages {
		look(t, "the metrics page", page)
	}
	for _, message := range l.received {
		look(t, "the OTLP export", message)
	}
}

// watchPage asks for the live page at an address until the function returned is
// called, which returns all that was shown.
func watchPage(t *testing.T) (addr string, stop func() string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr = l.Addr().String()
	_ = l.Close()
	quit, shown := make(chan struct{}), make(chan string)
	go func() {
		var all strings.Builder
		client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
		for {
			select {
			case <-quit:
				shown <- all.String()
				return
			case <-time.After(20 * time.Millisecond):
			}
			for _, path := range []string{"/", "/events"} {
				if answer, err := client.Get("http://" + addr + path); err == nil {
					_, _ = io.Copy(&all, answer.Body) // the events last until the run is over
					_ = answer.Body.Close()
				}
			}
		}
	}()
	return addr, func() string {
		close(quit)
		return <-shown
	}
}

func lookInFiles(t *testing.T, dir string) {
	files := 0
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || entry.Name() == results.LedgerFile {
			return err
		}
		files++
		text, err := os.ReadFile(path)
		look(t, entry.Name(), string(text))
		return err
	})
	if err != nil || files < 5 {
		t.Errorf("looked into %d files: %v", files, err)
	}
}

func look(t *testing.T, where, text string) {
	t.Helper()
	for name, form := range forms(planted) {
		if at := strings.Index(text, form); at >= 0 {
			t.Errorf("%s holds the password as %s: …%s…", where, name, text[max(0, at-60):at])
		}
	}
}

// TestForms makes sure that the search finds what it should.
func TestForms(t *testing.T) {
	for _, text := range []string{
		planted, "Basic " + base64.StdEncoding.EncodeToString([]byte("right:"+planted)),
		"Basic " + base64.StdEncoding.EncodeToString([]byte("wrongs:"+planted+"…")), fmt.Sprintf("%q", planted),
		"password=" + url.QueryEscape(planted) + "&x", "<password>" + html.EscapeString(planted) + "</password>",
	} {
		found := false
		for _, form := range forms(planted) {
			found = found || strings.Contains(text, form)
		}
		if !found {
			t.Errorf("%s: not found", text)
		}
	}
}
