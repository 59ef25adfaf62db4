package scenario

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v4"
)

// Differences lists where two effective scenarios differ, one a line.
func Differences(was, is []byte) ([]string, error) {
	var out []string
	flat := [2]map[string]string{}
	for i, text := range [2][]byte{was, is} {
		var v any
		if err := yaml.Unmarshal(text, &v); err != nil {
			return nil, fmt.Errorf("effective scenario: %w", err)
		}
		flat[i] = map[string]string{}
		flatten(flat[i], "", v)
	}
	for path, old := range flat[0] {
		if now, ok := flat[1][path]; !ok {
			out = append(out, fmt.Sprintf("%s: was %s, is not stated", path, old))
		} else if now != old {
			out = append(out, fmt.Sprintf("%s: was %s, is %s", path, old, now))
		}
	}
	for path, now := range flat[1] {
		if _, ok := flat[0][path]; !ok {
			out = append(out, fmt.Sprintf("%s: was not stated, is %s", path, now))
		}
	}
	slices.Sort(out)
	return out, nil
}

func flatten(into map[string]string, path string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			if path != "" {
				key = join(path, key)
			}
			flatten(into, key, value)
		}
	case []any:
		for i, value := range v {
			flatten(into, fmt.Sprintf("%s[%d]", path, i), value)
		}
	default:
		into[path] = fmt.Sprint(v)
	}
}

// Blanked lists what can't be carried out as it stands in an effective scenario,
// since its secret was blanked, with the flag that gives it anew.
func (s *Scenario) Blanked() (out []string) {
	for i := range s.Targets {
		t := &s.Targets[i]
		if t.Accounts.Generate == blankPattern(t.Accounts.Generate) && t.Accounts.Generate != "" {
			out = append(out, fmt.Sprintf("the accounts of target %s: give --accounts again", t.Name))
		}
		if holdsBlank(t.Proxy) {
			out = append(out, fmt.Sprintf("the proxy of target %s: give --proxy again", t.Name))
		}
	}
	for _, p := range s.Scrape {
		if holdsBlank(p.URL) {
			out = append(out, "the URL to scrape: give the scenario's file again")
		}
	}
	return out
}
