package scenario

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"

	"go.yaml.in/yaml/v4"

	"authsoak/accounts"
)

// blank stands where a secret was.
const blank = "***"

const effectiveHeader = `# The effective scenario: the file, what flags made of it, and defaults.
# Secrets are blanked as %s, and references to the environment are left as they are.
# Relative paths count from the folder that authsoak ran in.
`

// Effective returns the scenario as it is carried out, as YAML: completed with
// defaults and the load it starts from. What is secret, or comes from the
// environment, isn't in it. Of a scenario that doesn't compile it shows as much
// as could be completed.
func (s *Scenario) Effective() []byte {
	c := s.compiler()
	c.compile(false)
	for i := range c.shown.Targets {
		t := &c.shown.Targets[i]
		t.URL = blankUserInfo(t.URL)
		t.Proxy = blankUserInfo(t.Proxy)
		t.Accounts.Generate = blankPattern(t.Accounts.Generate)
	}
	for i := range c.shown.Scrape {
		c.shown.Scrape[i].URL = blankScrape(c.shown.Scrape[i].URL)
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, effectiveHeader, blank)
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(c.shown); err != nil {
		panic(err) // plain values only
	}
	return out.Bytes()
}

// blankPattern takes the secret part out of a pattern USER:SECRET:COUNT. What
// can't be taken apart goes as a whole.
func blankPattern(text string) string {
	if text == "" {
		return ""
	}
	user, count, ok := accounts.CutPattern(text)
	if !ok {
		return blank
	}
	return user + ":" + blank + ":" + count
}

// blankUserInfo takes the user info out of a URL, reference or not. What is no
// URL and holds an @ goes as a whole.
func blankUserInfo(text string) string {
	at := strings.LastIndexByte(text, '@')
	if at < 0 {
		return text
	}
	scheme, _, ok := strings.Cut(text, "://")
	if !ok {
		return blank
	}
	if u, err := url.Parse(text); err == nil && u.User == nil {
		return text
	}
	return scheme + "://" + blank + text[at:]
}

// holdsBlank tells whether something of a URL was blanked.
func holdsBlank(url string) bool {
	return strings.Contains(url, "://"+blank+"@") || strings.HasSuffix(url, "?"+blank)
}
