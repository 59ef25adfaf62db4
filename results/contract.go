package results

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
)

// ContractSchema names the format of a contract snapshot.
const ContractSchema = "authsoak/contract/v1"

// Contract is a snapshot of what servers do with sessions, free of random parts:
// two of one server are equal.
type Contract struct {
	Schema  string           `json:"schema"`
	Version string           `json:"authsoak_version"`
	Targets []TargetContract `json:"targets"`
}

// TargetContract is the snapshot of one server.
type TargetContract struct {
	Name     string `json:"name"`
	Endpoint string `json:"endpoint"`
	Version  string `json:"version"`
	Method   string `json:"method"`
	Secure   bool   `json:"secure"`
	// Rules holds what each rule that was tried saw, by the rule's name. The
	// ruling of a judged one stands under "verdict".
	Rules map[string]map[string]string `json:"rules"`
}

// Settle takes in the results of a target. What ended unknown, or was not tried,
// is left out: it tells nothing of the server.
func (t *TargetContract) Settle(checks []CheckResult) {
	t.Rules = map[string]map[string]string{}
	for i := range checks {
		c := &checks[i]
		if c.Verdict != "pass" && c.Verdict != "fail" && c.Verdict != "info" {
			continue
		}
		seen := maps.Clone(c.Seen)
		if seen == nil {
			seen = map[string]string{}
		}
		seen["verdict"] = c.Verdict
		t.Rules[c.ID] = seen
	}
}

// ContractChange is one thing that a server does otherwise than before. Old or
// New is empty where it wasn't there.
type ContractChange struct {
	Target string `json:"target"`
	Rule   string `json:"rule"`
	What   string `json:"what"`
	Old    string `json:"old"`
	New    string `json:"new"`
}

// ContractComparison is the difference between two snapshots.
type ContractComparison struct {
	Against string           `json:"against,omitempty"` // the older snapshot's file
	Changes []ContractChange `json:"changes"`
	// Compared counts the rules that both hold; Missing names what only one does.
	Compared int      `json:"compared"`
	Missing  []string `json:"missing"`
}

// CompareContracts tells what changed from one snapshot to the next. Targets are
// matched by name, or by being the only one.
func CompareContracts(before, after *Contract) ContractComparison {
	out := ContractComparison{Changes: []ContractChange{}, Missing: []string{}}
	for i := range after.Targets {
		now := &after.Targets[i]
		at := slices.IndexFunc(before.Targets, func(t TargetContract) bool { return t.Name == now.Name })
		if at < 0 && len(before.Targets) == 1 && len(after.Targets) == 1 {
			at = 0
		}
		if at < 0 {
			out.Missing = append(out.Missing, "target "+now.Name+" is only in the new snapshot")
			continue
		}
		out.compare(&before.Targets[at], now)
	}
	for i := range before.Targets {
		name := before.Targets[i].Name
		if len(after.Targets) != 1 && !slices.ContainsFunc(after.Targets, func(t TargetContract) bool { return t.Name == name }) {
			out.Missing = append(out.Missing, "target "+name+" is only in the old snapshot")
		}
	}
	return out
}

func (c *ContractComparison) compare(before, after *TargetContract) {
	change := func(rule, what, was, is string) {
		if was != is {
			c.Changes = append(c.Changes, ContractChange{Target: after.Name, Rule: rule, What: what, Old: was, New: is})
		}
	}
	for _, id := range slices.Sorted(maps.Keys(after.Rules)) {
		was, both := before.Rules[id]
		if !both {
			c.Missing = append(c.Missing, fmt.Sprintf("%s on %s was tried only now", id, after.Name))
			continue
		}
		c.Compared++
		is := after.Rules[id]
		all := maps.Clone(was)
		maps.Copy(all, is)
		for _, what := range slices.Sorted(maps.Keys(all)) {
			change(id, what, was[what], is[what])
		}
	}
	for _, id := range slices.Sorted(maps.Keys(before.Rules)) {
		if after.Rules[id] == nil {
			c.Missing = append(c.Missing, fmt.Sprintf("%s on %s was tried only before", id, after.Name))
		}
	}
}

// ReadContract reads a snapshot.
func ReadContract(file string) (*Contract, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("contract snapshot: %w", err)
	}
	c := &Contract{}
	if err := json.Unmarshal(b, c); err != nil {
		return nil, fmt.Errorf("contract snapshot %s: %w", file, err)
	}
	if c.Schema != ContractSchema {
		return nil, fmt.Errorf("contract snapshot %s: schema %q: must be %s", file, c.Schema, ContractSchema)
	}
	return c, nil
}

// WriteContract writes a snapshot.
func WriteContract(file string, c *Contract) error {
	b, err := json.MarshalIndent(c, "", "  ")
	if err == nil {
		err = os.WriteFile(file, append(b, '\n'), 0o644)
	}
	if err != nil {
		return fmt.Errorf("contract snapshot: %w", err)
	}
	return nil
}
