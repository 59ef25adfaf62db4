package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"authsoak/accounts"
	"authsoak/driver"
	"authsoak/report"
	"authsoak/results"
	"authsoak/rules"
	"authsoak/scenario"
)

// costText says what trying rules takes.
func costText(c rules.Cost) string {
	return fmt.Sprintf("%s, %s at once, %s", counted(c.Requests, "request"), counted(c.Sessions, "session"), counted(c.WrongSecrets, "wrong password"))
}

func counted(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// reaching is what a command line needs to reach a target as this one does.
func (j *checkJob) reaching(t *driver.Target) string {
	f := t.Flow
	words := []string{"--target " + f.Endpoint + "@" + f.Version + "=" + t.URL.Redacted(), "--method " + f.Method}
	if name, ok := j.profiles[t.Name]; ok {
		words[0] = "--target " + quoted(name+"@"+f.Version+"="+t.URL.Redacted())
	}
	if f.ClientType != "" {
		words = append(words, "--client-type "+quoted(f.ClientType))
	}
	if f.Tenant != "" {
		words = append(words, "--tenant "+quoted(f.Tenant))
	}
	if f.CSRF {
		words = append(words, "--csrf")
	}
	if a := j.c.String("accounts"); a != "" {
		if user, count, isPattern := accounts.CutPattern(a); isPattern {
			a = user + ":***:" + count
		}
		words = append(words, "--accounts "+quoted(a))
	}
	for _, flag := range []string{"authorized", "ca", "client-cert", "client-key", "http", "engine", "proxy", "source"} {
		v := j.c.String(flag)
		if u, err := url.Parse(v); flag == "proxy" && err == nil {
			v = u.Redacted()
		}
		if v != "" {
			words = append(words, "--"+flag+" "+quoted(v))
		}
	}
	if j.c.Bool("insecure") {
		words = append(words, "--insecure")
	}
	return strings.Join(words, " ")
}

// quoted makes a word fit for a shell.
func quoted(word string) string {
	if strings.ContainsAny(word, " \t*{}'\"$\\&;|<>()") {
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return word
}

// endpointsOf are the profiles that targets name, by the target's name.
func endpointsOf(s *scenario.Scenario) map[string]string {
	out := map[string]string{}
	for i := range s.Targets {
		out[s.Targets[i].Name] = s.Targets[i].Endpoint
	}
	return out
}

// announce says what is about to be sent.
func (j *checkJob) announce() {
	if j.c.Bool("quiet") {
		return
	}
	var b strings.Builder
	var sum rules.Cost
	for i := range j.targets {
		c := rules.Total(j.rows[i])
		times := max(j.repeat, 1)
		c.Requests *= times
		c.WrongSecrets *= times
		sum.Requests += c.Requests
		sum.WrongSecrets += c.WrongSecrets
		if len(j.targets) <= mostTargets {
			t := &j.plan.Targets[i]
			fmt.Fprintf(&b, "target      %-*s  %s  %s  %s%s: %s\n", j.names, t.Name, t.Flow.Version, t.Flow.Method, t.URL, aside(t), costText(c))
		}
	}
	if len(j.targets) > mostTargets {
		fmt.Fprintf(&b, "targets     %d: %d requests, %d wrong passwords\n", len(j.targets), sum.Requests, sum.WrongSecrets)
	}
	limit := j.wrong
	if limit == 0 {
		limit = 3
	}
	fmt.Fprintf(&b, "accounts    at most %d wrong passwords for any of them\n", limit)
	if j.plan.Authorized != "" {
		fmt.Fprintf(&b, "authorized  by %s\n", j.plan.Authorized)
	}
	fmt.Fprintf(&b, "results     %s\n\n", j.at.folder.Dir)
	fmt.Fprint(j.Err, b.String())
}

// all are the results of every target.
func (j *checkJob) all() []results.CheckResult {
	var out []results.CheckResult
	for i := range j.out {
		out = append(out, j.out[i].Results...)
	}
	return out
}

// write leaves everything where it was asked for.
func (j *checkJob) write(interrupted bool) (results.Verdict, error) {
	checks := j.all()
	now := j.contract()
	if j.before != nil {
		compared := results.CompareContracts(j.before, now)
		compared.Against = j.c.String("against")
		j.compared = &compared
	}
	verdict, reasons := results.ChecksVerdict(checks, j.compared), reasonsOf(checks)
	if j.compared != nil && len(j.compared.Changes) > 0 {
		reasons = append(reasons, counted(len(j.compared.Changes), "change")+" against "+j.compared.Against)
	}
	if interrupted {
		verdict, reasons = results.Interrupted, append([]string{"interrupted before every rule was tried"}, reasons...)
	}
	left, err := j.at.write(found{command: results.CheckCommand, verdict: verdict, reasons: reasons, checks: checks, compared: j.compared})
	if name := j.c.String("save"); name != "" && !interrupted {
		err = errors.Join(err, results.WriteContract(name, now))
	}
	if name := j.c.String("junit"); name != "" {
		err = errors.Join(err, writeFile(name, func(w io.Writer) error {
			return report.JUnit(w, "authsoak check "+j.at.folder.RunID, nil, checks)
		}))
	}
	if err != nil {
		return verdict, err
	}
	err = j.print(verdict)
	leftBehind(j.Err, left, j.at.folder)
	return verdict, err
}

// print says what was found, the way the flags ask for.
func (j *checkJob) print(verdict results.Verdict) error {
	checks := j.all()
	r := results.ChecksReport{Schema: results.ChecksSchema, Verdict: verdict, RunID: j.at.folder.RunID,
		Version: Version(), StartedAt: j.at.started.UTC().Format(time.RFC3339), DurationS: time.Since(j.at.started).Seconds(),
		Labels: j.labels, Checks: checks, Compared: j.compared}
	for _, o := range j.out {
		r.Requests, r.Logins = r.Requests+o.Requests, r.Logins+o.Logins
		r.Resends += o.Resends
		r.WrongSecrets, r.Left = r.WrongSecrets+o.WrongSecrets, r.Left+o.Left
	}
	if r.Labels == nil {
		r.Labels = map[string]string{}
	}
	if j.c.Bool("json") {
		enc := json.NewEncoder(j.Out)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(&r)
	}
	options := report.TextFor(screenOf(j.Out))
	options.Folder = j.at.folder.Dir
	return report.Checks(j.Out, report.CheckInput{Verdict: verdict, Checks: checks, Compared: j.compared, Races: j.races, Left: r.Left, Text: options})
}

func writeFile(name string, write func(io.Writer) error) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}

// contract is the snapshot of every target.
func (j *checkJob) contract() *results.Contract {
	c := &results.Contract{Schema: results.ContractSchema, Version: Version()}
	for i := range j.targets {
		t := &j.targets[i]
		one := results.TargetContract{Name: t.Name, Endpoint: t.Flow.Endpoint, Version: t.Flow.Version, Method: t.Flow.Method,
			Secure: t.URL.Scheme == "https"}
		one.Settle(j.out[i].Results)
		c.Targets = append(c.Targets, one)
	}
	return c
}
