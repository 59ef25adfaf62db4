package page

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the template, the styles and the script
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"

	"authsoak/report"
	"authsoak/report/chart"
)

//go:embed page.css
var styles string

//go:embed page.js
var script string

//go:embed page.tmpl
var layout string

//go:embed sections.tmpl
var parts string

// allStyles and allScript are what a page carries. The page's policy names them
// by their hash: nothing else runs, wherever it may have come from.
var (
	allStyles = chart.CSS + styles
	allScript = chart.Script + script
)

var templates = template.Must(template.New("page").Funcs(template.FuncMap{
	"millis": report.Millis, "bare": report.BareMillis, "count": report.Count, "percent": report.Percent,
	"rate": report.PerSecond, "size": report.Size, "span": report.Span, "spoken": report.Spoken, "way": report.Way,
	"plural": report.Plural, "clean": report.Clean, "clock": func(s float64) string { return chart.Clock.Text(s) },
	"upper": strings.ToUpper, "drifts": report.DriftVerdict, "driftName": report.DriftName, "slope": report.DriftSlope,
	"change": report.DriftChange, "floor": report.DriftFloor, "crosses": report.DriftLimit, "quoted": report.Quoted,
}).Parse(layout + parts))

// Section is a part of a page, which a live page replaces as a whole.
type Section struct {
	ID, Title string
	HTML      template.HTML
}

// sectionTitles are all parts in their order. The first screen has no title of
// its own.
var sectionTitles = [...]struct{ id, title string }{
	{"answer", ""},
	{"steps", "Steps"},
	{"experiment", "Experiment"},
	{"load", "Load"},
	{"times", "Times"},
	{"network", "Connect and TLS"},
	{"spectra", "Percentiles"},
	{"errors", "Errors"},
	{"drift", "Drift"},
	{"generator", "Generator"},
	{"rules", "Session rules"},
	{"ledger", "Ledger"},
	{"scenario", "Scenario"},
	{"meaning", "What the numbers mean"},
}

// Sections returns the parts of the page. Those that say nothing are left out of
// a report; in a live page they have their place, since they may yet.
func (st *Story) Sections() ([]Section, error) {
	v := newView(st)
	var out []Section
	for _, s := range sectionTitles {
		var b bytes.Buffer
		if err := templates.ExecuteTemplate(&b, s.id, v); err != nil {
			return nil, fmt.Errorf("section %s: %w", s.id, err)
		}
		if text := strings.TrimSpace(b.String()); text != "" || st.Live != nil {
			out = append(out, Section{s.id, s.title, template.HTML(text)})
		}
	}
	return out, nil
}

// Write writes the page. The error is w's.
func (st *Story) Write(w io.Writer) error {
	sections, err := st.Sections()
	if err != nil {
		return err
	}
	return Write(w, st, sections)
}

// Write writes the page of sections that were made before.
func Write(w io.Writer, st *Story, sections []Section) error {
	return templates.ExecuteTemplate(w, "page", map[string]any{
		"Title": Title(st), "Sections": sections, "Live": st.Live, "Verdict": st.Verdict(),
		"CSS": template.CSS(allStyles), "JS": template.JS(allScript), "Policy": Policy(st.Live != nil),
	})
}

// Title is that of the window.
func Title(st *Story) string {
	return strings.ToUpper(st.Verdict()) + " " + report.Clean(st.Summary.RunID) + " · authsoak"
}

// Verdict is that of the run; running or stopping while there is none.
func (st *Story) Verdict() string {
	switch {
	case st.Live != nil && !st.Live.Ended && st.Live.Stopping:
		return "stopping"
	case st.Live != nil && !st.Live.Ended:
		return "running"
	}
	return string(st.Summary.Verdict)
}

// Policy is the content security policy of a page: nothing is loaded, and only
// its own script and styles are used. A live page may talk to its own server.
func Policy(live bool) string {
	hash := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	policy := "default-src 'none'; img-src data:; style-src " + hash(allStyles) + "; script-src " + hash(allScript) + "; base-uri 'none'"
	if live {
		return policy + "; connect-src 'self'; form-action 'self'"
	}
	return policy + "; form-action 'none'"
}
