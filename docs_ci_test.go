//go:build unix

package main

import (
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// ciStep is a step of either example: a script, and when it runs.
type ciStep struct {
	name, script string
	always       bool
}

// githubJobs is what GitHub's syntax knows, as far as the example goes.
type githubJobs struct {
	Name        string            `yaml:"name"`
	On          map[string]any    `yaml:"on"`
	Permissions map[string]string `yaml:"permissions"`
	Concurrency struct {
		Group  string `yaml:"group"`
		Cancel bool   `yaml:"cancel-in-progress"`
	} `yaml:"concurrency"`
	Jobs map[string]struct {
		RunsOn  string `yaml:"runs-on"`
		Timeout int    `yaml:"timeout-minutes"`
		Steps   []struct {
			Name string            `yaml:"name"`
			Uses string            `yaml:"uses"`
			If   string            `yaml:"if"`
			Run  string            `yaml:"run"`
			Env  map[string]string `yaml:"env"`
			With map[string]string `yaml:"with"`
		} `yaml:"steps"`
	} `yaml:"jobs"`
}

// gitlabJobs is what GitLab's syntax knows, as far as the example goes.
type gitlabJobs struct {
	Stages   []string `yaml:"stages"`
	Sessions struct {
		Stage    string              `yaml:"stage"`
		Image    string              `yaml:"image"`
		Timeout  string              `yaml:"timeout"`
		Resource string              `yaml:"resource_group"`
		Rules    []map[string]string `yaml:"rules"`
		Script   []string            `yaml:"script"`
		After    []string            `yaml:"after_script"`
		Allow    struct {
			Codes []int `yaml:"exit_codes"`
		} `yaml:"allow_failure"`
		Artifacts struct {
			When    string            `yaml:"when"`
			Expire  string            `yaml:"expire_in"`
			Paths   []string          `yaml:"paths"`
			Exclude []string          `yaml:"exclude"`
			Reports map[string]string `yaml:"reports"`
		} `yaml:"artifacts"`
	} `yaml:"sessions"`
}

// strictly decodes YAML and refuses keys that the types don't know.
func strictly(t *testing.T, text string, into any) {
	t.Helper()
	d := yaml.NewDecoder(strings.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(into); err != nil {
		t.Fatal(err)
	}
}

func githubSteps(t *testing.T, text string) (steps []ciStep) {
	t.Helper()
	var g githubJobs
	strictly(t, text, &g)
	job := g.Jobs["sessions"]
	if job.RunsOn == "" || job.Timeout == 0 || len(g.On) == 0 {
		t.Errorf("the job says not where, when or how long: %+v", g)
	}
	for _, s := range job.Steps {
		if (s.Uses == "") == (s.Run == "") {
			t.Errorf("step %q: uses %q and runs %q: one of both", s.Name, s.Uses, s.Run)
		}
		if s.Uses != "" && !regexp.MustCompile(`^actions/[a-z/-]+@v\d+$`).MatchString(s.Uses) {
			t.Errorf("step %q uses %q", s.Name, s.Uses)
		}
		if s.Run != "" {
			steps = append(steps, ciStep{s.Name, s.Run, s.If == "always()"})
		}
	}
	return steps
}

func gitlabSteps(t *testing.T, text string) []ciStep {
	t.Helper()
	var g gitlabJobs
	strictly(t, text, &g)
	s := g.Sessions
	if !slices.Contains(g.Stages, s.Stage) || s.Artifacts.Reports["junit"] != "runs/ci/junit.xml" || !slices.Equal(s.Allow.Codes, []int{3}) {
		t.Errorf("the job's stage, report or codes: %+v", s)
	}
	return []ciStep{{"script", strings.Join(s.Script, "\n"), false}, {"after_script", strings.Join(s.After, "\n"), true}}
}

// TestDocsPipelines runs the scripts of the examples of docs/ci.md as their
// servers would, on a good server and on a run that fails.
func TestDocsPipelines(t *testing.T) {
	if testing.Short() {
		t.Skip("drives short runs")
	}
	site := newDocsSite(t)
	var page docsPage
	for _, p := range pages(t) {
		if filepath.Base(p.path) == "ci.md" {
			page = p
		}
	}
	seen := 0
	for _, f := range page.fences {
		var steps []ciStep
		switch {
		case f.lang == "yaml" && f.info[0] == "github-actions":
			steps = githubSteps(t, f.text)
		case f.lang == "yaml" && f.info[0] == "gitlab":
			steps = gitlabSteps(t, f.text)
		default:
			continue
		}
		seen++
		for _, broken := range []bool{false, true} {
			name := f.info[0]
			if broken {
				name += ", a threshold broken"
			}
			t.Run(name, func(t *testing.T) { site.pipeline(t, page, steps, broken) })
		}
	}
	if seen != 2 {
		t.Errorf("%d examples in docs/ci.md, want 2", seen)
	}
}

// pipeline runs the steps in a folder that holds what a checkout would.
func (s *docsSite) pipeline(t *testing.T, page docsPage, steps []ciStep, broken bool) {
	dir := t.TempDir()
	s.stock(t, dir, page)
	users, err := os.ReadFile(filepath.Join(dir, "users.csv"))
	if err != nil {
		t.Fatal(err)
	}
	secret, summary := filepath.Join(t.TempDir(), "accounts"), filepath.Join(t.TempDir(), "summary")
	if err := os.WriteFile(secret, users, 0o600); err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), "SSL_CERT_FILE="+filepath.Join(dir, "company-ca.pem"), "ACCOUNTS="+string(users), "AUTHSOAK_ACCOUNTS="+secret,
		"GITHUB_STEP_SUMMARY="+summary, "GITHUB_SHA=abc", "GITHUB_REF_NAME=main", "CI_COMMIT_SHA=abc", "CI_COMMIT_REF_NAME=main")
	if broken {
		path := filepath.Join(dir, "sessions.yaml")
		text, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(path, []byte(strings.Replace(string(text), "p99(login) < 500ms", "p50(login) < 1us", 1)), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	failed := false
	var said strings.Builder
	for _, step := range steps {
		if failed && !step.always {
			continue
		}
		script, compares := step.script, strings.Contains(step.script, "authsoak compare")
		if compares { // what the cache would bring
			script = "authsoak run sessions.yaml --run-id main >/dev/null\n" + script
		}
		cmd := exec.Command("sh", "-e", "-c", script)
		cmd.Dir, cmd.Env = dir, env
		out, err := cmd.CombinedOutput()
		said.Write(out)
		if err != nil {
			failed = failed || !compares
			if code := cmd.ProcessState.ExitCode(); code != 1 && !(code == 3 && (compares || strings.Contains(string(out), "the generator was the limit"))) {
				t.Fatalf("step %s: %v\n%s", step.name, err, out)
			}
			// Two short runs may differ, or be too short to tell.
			if !broken && !compares && cmd.ProcessState.ExitCode() == 1 {
				t.Errorf("step %s failed\n%s", step.name, out)
			}
		}
	}
	if broken && !failed {
		t.Errorf("no step failed\n%s", said.String())
	}
	s.afterPipeline(t, dir, summary, said.String(), failed)
}

// afterPipeline looks at what the server would show and keep.
func (s *docsSite) afterPipeline(t *testing.T, dir, summary, said string, failed bool) {
	t.Helper()
	shown, _ := os.ReadFile(summary)
	if text := string(shown) + said; !strings.Contains(text, "## ") || !strings.Contains(text, "### Thresholds") {
		t.Errorf("no summary is shown:\n%s", text)
	}
	b, err := os.ReadFile(filepath.Join(dir, "runs", "ci", "junit.xml"))
	if err != nil {
		t.Fatal(err)
	}
	var junit struct {
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
	}
	if err := xml.Unmarshal(b, &junit); err != nil || failed != (junit.Failures+junit.Errors > 0) {
		t.Errorf("junit.xml: %v, %d failures, %d errors; the job failed: %v", err, junit.Failures, junit.Errors, failed)
	}
	for _, name := range []string{"users.csv", filepath.Join("runs", "ci", "ledger")} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			t.Errorf("%s, which holds secrets, is still there", name)
		}
	}
}
