//go:build unix

package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"authsoak/profiles"
	"authsoak/scenario"
)

// docsPage is one Markdown file.
type docsPage struct {
	path   string // from here
	text   string
	fences []fence
}

// fence is a fenced block: ```LANG WORD… KEY=VALUE….
type fence struct {
	line int
	lang string
	info []string
	text string
}

// value returns the value of a key of the info string.
func (f fence) value(key string) string {
	for _, word := range f.info {
		if value, ok := strings.CutPrefix(word, key+"="); ok {
			return value
		}
	}
	return ""
}

// commands returns the lines of a block, continued ones joined, without comments.
func (f fence) commands() []string {
	var out []string
	text := regexp.MustCompile(`\\\n\s*`).ReplaceAllString(f.text, "")
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "  #")
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			out = append(out, line)
		}
	}
	return out
}

// pages reads README.md and docs/*.md.
func pages(t *testing.T) []docsPage {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("docs", "*.md"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("docs: %v, %d pages", err, len(paths))
	}
	var out []docsPage
	for _, path := range append([]string{"README.md"}, paths...) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		p := docsPage{path: path, text: string(data)}
		p.fences = fencesOf(t, p)
		out = append(out, p)
	}
	return out
}

func fencesOf(t *testing.T, p docsPage) []fence {
	t.Helper()
	var out []fence
	var open *fence
	for i, line := range strings.Split(p.text, "\n") {
		info, isMark := strings.CutPrefix(line, "```")
		switch {
		case isMark && open == nil:
			words := append(strings.Fields(info), "")
			open = &fence{line: i + 1, lang: words[0], info: words[1:]}
		case isMark:
			out = append(out, *open)
			open = nil
		case open != nil:
			open.text += line + "\n"
		}
	}
	if open != nil {
		t.Errorf("%s:%d: the block is never closed", p.path, open.line)
	}
	return out
}

// docsText is all pages in one, or the one of that name.
func docsText(t *testing.T, name string) string {
	t.Helper()
	var b strings.Builder
	for _, p := range pages(t) {
		if name == "" || filepath.Base(p.path) == name {
			b.WriteString(p.text)
		}
	}
	return b.String()
}

// TestDocsYAML holds the fenced YAML against the code that reads it. The second
// word of a block says what it is:
//
//   - scenario, load, endpoint: a whole file;
//   - load-part: a load section; thresholds: a list of them;
//   - github-actions, gitlab: a pipeline;
//   - from=FILE: a piece of that file, word for word.
func TestDocsYAML(t *testing.T) {
	seen := map[string]int{}
	for _, p := range pages(t) {
		for _, f := range p.fences {
			if f.lang != "yaml" || f.info[0] == "" {
				continue
			}
			kind, _, _ := strings.Cut(f.info[0], "=")
			seen[kind]++
			if err := checkYAML(kind, f); err != nil {
				t.Errorf("%s:%d: yaml %s: %v", p.path, f.line, f.info[0], err)
			}
		}
	}
	for _, kind := range []string{"scenario", "load", "load-part", "thresholds", "from"} {
		if seen[kind] == 0 {
			t.Errorf("no block is of kind %s: seen %v", kind, seen)
		}
	}
}

func checkYAML(kind string, f fence) error {
	const target = "targets: [{endpoint: octane, url: 'http://127.0.0.1', accounts: {generate: 'user{n}:pw{n}:100000'}}]\n"
	switch kind {
	case "scenario":
		return planned(f.value("file"), f.text)
	case "load":
		_, err := profiles.ParseLoad("load", []byte(f.text))
		return err
	case "endpoint":
		_, err := profiles.ParseEndpoint("endpoint", []byte(f.text))
		return err
	case "load-part":
		return planned("part", target+"load:\n"+regexp.MustCompile(`(?m)^`).ReplaceAllString(f.text, "  "))
	case "thresholds":
		return planned("part", target+"load: smoke\nthresholds:\n"+f.text)
	case "github-actions", "gitlab": // TestDocsPipelines
		return nil
	case "from":
		source, err := os.ReadFile(f.value("from"))
		if err == nil && !strings.Contains(string(source), f.text) {
			err = fmt.Errorf("the file doesn't hold these lines")
		}
		return err
	}
	return fmt.Errorf("no kind %q", kind)
}

// planned compiles a scenario with accounts and environment made up.
func planned(name, text string) error {
	s, err := scenario.Parse(name, []byte(text))
	if err != nil {
		return err
	}
	s.World = scenario.World{
		Open: func(string) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader("user,password,client_id,client_secret\na,b,c,d\n")), nil
		},
		Env: func(string) (string, bool) { return "secret", true },
	}
	_, err = s.Plan()
	return err
}

// TestDocsMerged looks for what a merge leaves where it needs a hand.
func TestDocsMerged(t *testing.T) {
	left := regexp.MustCompile(`(?m)^(<{7} |>{7} |={7}$).*`)
	for _, p := range pages(t) {
		if m := left.FindString(p.text); m != "" {
			t.Errorf("%s holds a line of a merge: %s", p.path, m)
		}
	}
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ +(.+)$`)
	noSlug  = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// TestDocsLinks follows the relative links, to headings too.
func TestDocsLinks(t *testing.T) {
	for _, p := range pages(t) {
		for _, m := range link.FindAllStringSubmatch(p.text, -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			path, anchor, _ := strings.Cut(m[1], "#")
			to := p.path
			if path != "" {
				to = filepath.Join(filepath.Dir(p.path), path)
			}
			data, err := os.ReadFile(to)
			if info, statErr := os.Stat(to); statErr == nil && info.IsDir() {
				continue
			}
			if err != nil {
				t.Errorf("%s: link to %s: %v", p.path, m[1], err)
			} else if anchor != "" && !slices.Contains(slugs(string(data)), anchor) {
				t.Errorf("%s: link to %s: no such heading: there are %v", p.path, m[1], slugs(string(data)))
			}
		}
	}
}

// slugs are the anchors that GitHub makes of headings.
func slugs(text string) []string {
	var out []string
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		s := noSlug.ReplaceAllString(strings.ToLower(strings.TrimSpace(m[1])), "")
		out = append(out, strings.ReplaceAll(s, " ", "-"))
	}
	return out
}
