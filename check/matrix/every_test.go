package matrix_test

import (
	"slices"
	"testing"

	"authsoak/check"
	"authsoak/rules"
	"authsoak/simulator"
)

// Every rule that is judged on some use has a mutant, and every mutant bears the
// name of a rule.
func TestEveryRuleHasAMutant(t *testing.T) {
	judged := map[string]bool{}
	for _, u := range uses(t) {
		if u.TLS && u.Method != "x509" && u.Endpoint != "space" {
			continue
		}
		s := u.open(t, simulator.Options{})
		rows, err := check.Rows(&s.target, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			judged[r.ID] = judged[r.ID] || r.Judged && r.Settled != rules.NotApplicable
		}
		s.close()
	}
	var broken []string
	for _, m := range simulator.Mutants() {
		broken = append(broken, m.Rule())
		if _, known := rules.Find(m.Rule()); !known {
			t.Errorf("mutant %s: there is no rule %s", m.Name, m.Rule())
		}
	}
	for _, id := range rules.IDs() {
		if has := slices.Contains(broken, id); judged[id] && !has {
			t.Errorf("rule %s is judged and has no mutant", id)
		}
	}
}
