package results

// ChecksVerdict is what session rules and a comparison amount to: failed where a
// rule failed or something changed, invalid where a judged rule ended unknown.
func ChecksVerdict(checks []CheckResult, compared *ContractComparison) Verdict {
	verdict := Pass
	for i := range checks {
		switch c := &checks[i]; {
		case c.Verdict == "fail":
			return Failed
		case c.Verdict == "unknown" && c.Judged:
			verdict = Invalid
		}
	}
	if compared != nil && len(compared.Changes) > 0 {
		return Failed
	}
	return verdict
}

// ChecksSchema names the format of what check prints as JSON.
const ChecksSchema = "authsoak/checks/v1"

// ChecksReport is what check prints as JSON.
type ChecksReport struct {
	Schema       string              `json:"schema"`
	Verdict      Verdict             `json:"verdict"`
	RunID        string              `json:"run_id"`
	Version      string              `json:"authsoak_version"`
	StartedAt    string              `json:"started_at"` // RFC 3339
	DurationS    float64             `json:"duration_s"`
	Requests     int                 `json:"requests"`
	Resends      int                 `json:"resends"`
	Logins       int                 `json:"logins"`
	WrongSecrets int                 `json:"wrong_secrets"`
	Left         int                 `json:"sessions_left"`
	Labels       map[string]string   `json:"labels"`
	Checks       []CheckResult       `json:"checks"`
	Compared     *ContractComparison `json:"compared,omitempty"`
}
