package matrix_test

import (
	"slices"
	"strings"
	"testing"

	"authsoak/check"
	"authsoak/rules"
	"authsoak/simulator"
)

// ownBooks is the rule of every run that is about authsoak and not about the
// server: no server can break it, so no mutant does.
const ownBooks = "ledger.balance"

// judgedRules are the rules that are judged on some use: of the table, and those
// of every run, which it leaves out.
func judgedRules(t *testing.T, all []use) map[string]bool {
	judged := map[string]bool{}
	for i := range all {
		u := &all[i]
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
	for _, id := range rules.IDs() {
		if _, row := judged[id]; !row && id != ownBooks {
			judged[id] = true
		}
	}
	return judged
}

// everyRule fails the test for each judged rule that catches no mutant.
func everyRule(t *testing.T, all []use, found []tried) {
	judged := judgedRules(t, all)
	for _, id := range rules.IDs() {
		caught := slices.ContainsFunc(found, func(f tried) bool { return f.Rule() == id && f.caught > 0 })
		if judged[id] && !caught {
			t.Errorf("rule %s is judged and catches no mutant", id)
		}
	}
}

// Every rule that is judged on some use has a mutant, and every mutant bears the
// name of a rule that is judged.
func TestEveryRuleHasAMutant(t *testing.T) {
	judged := judgedRules(t, uses(t))
	var broken []string
	for _, m := range simulator.Mutants() {
		broken = append(broken, m.Rule())
		if !judged[m.Rule()] {
			t.Errorf("mutant %s: no rule %s is judged anywhere", m.Name, m.Rule())
		}
	}
	for _, id := range rules.IDs() {
		if has := slices.Contains(broken, id); judged[id] && !has {
			t.Errorf("rule %s is judged and has no mutant", id)
		}
		if judged[id] && strings.HasPrefix(id, "ledger.") {
			t.Errorf("rule %s is about authsoak's own books", id)
		}
	}
}

// everyArm fails the test for each arm of a ladder whose answer no mutant
// changes.
func everyArm(t *testing.T, found []tried) {
	for _, name := range []string{idleArm, kept, refusing} {
		if !slices.ContainsFunc(found, func(f tried) bool { return f.arms[name] }) {
			t.Errorf("arm %s of a ladder: no mutant shows in it", name)
		}
	}
}
