package results

// CapacitySchema names the format of capacity.json.
const CapacitySchema = "authsoak/capacity/v1"

// What a capacity is searched along.
const (
	RateAxis     = "rate"     // cycles per second
	SessionsAxis = "sessions" // live sessions held
)

// Kinds of limit that a search for capacity can end at.
const (
	LimitResponse   = "response-time"
	LimitErrors     = "errors"
	LimitSessionCap = "session-cap"
	LimitThroughput = "throughput" // the server falls behind
	LimitOther      = "objective"
	LimitGenerator  = "generator"
	LimitAccounts   = "accounts"
	LimitGuard      = "guard" // the highest load that may be tried
	LimitRecovery   = "recovery"
	LimitNone       = "none" // nothing is known
)

// CapacityResult is capacity.json: the highest load that meets the objectives,
// and every step that says so. Levels are cycles per second or live sessions, as
// the axis has it; times are seconds or milliseconds as the names say.
type CapacityResult struct {
	Schema    string  `json:"schema"`
	RunID     string  `json:"run_id"`
	Version   string  `json:"authsoak_version"`
	StartedAt string  `json:"started_at"` // RFC 3339
	DurationS float64 `json:"duration_s"`
	// Verdict is pass where a capacity was found or the guard was reached, fail
	// where the objectives are met at no load or the server doesn't recover,
	// invalid where nothing can be said, undecided answers included, or interrupted.
	Verdict Verdict `json:"verdict"`
	Reason  string  `json:"reason"` // in a sentence

	Axis       string          `json:"axis"`
	Targets    []string        `json:"targets"`
	Load       string          `json:"load"` // in words, but for its level
	Objectives []string        `json:"objectives"`
	Plan       CapacityPlanned `json:"plan"`

	Answer   CapacityAnswer     `json:"answer"`
	Limit    CapacityLimit      `json:"limit"`
	Little   *CapacityLittle    `json:"little,omitempty"`
	USL      CapacityCurve      `json:"scalability"`
	Servers  *CapacityServers   `json:"servers,omitempty"`
	Recovery []CapacityRecovery `json:"recovery"`
	Ceiling  *CapacityCeiling   `json:"generator_ceiling,omitempty"`
	Findings []string           `json:"findings"`
	Steps    []CapacityStep     `json:"steps"`
	// Left are sessions that are still open: their run folders, for cleanup.
	Left []CapacityLeft `json:"left_open"`
}

// CapacityPlanned is what was announced beforehand.
type CapacityPlanned struct {
	From       float64 `json:"from"`
	Most       float64 `json:"most"`        // the highest level that may be tried
	SettleS    float64 `json:"settle_s"`    // before each step, not judged
	StepS      float64 `json:"step_s"`      // judged, near the knee
	LongStepS  float64 `json:"long_step_s"` // the same at the level where the climb begins, where objectives take longer to be told
	ClimbS     float64 `json:"climb_s"`     // judged, on the way there
	Precision  float64 `json:"precision"`   // wanted width of the interval, as a share
	Confidence float64 `json:"confidence"`  // of the interval
	MaxSteps   int     `json:"max_steps"`
	UsualS     float64 `json:"usual_s"`     // without logouts, where steps of step_s will do
	LongestS   float64 `json:"longest_s"`   // without logouts, whatever happens
	LoginsStep int64   `json:"logins_step"` // in a step at most
	Logins     int64   `json:"logins"`      // in all at most
	Accounts   int     `json:"accounts"`    // there are, 0: shared
}

// CapacityAnswer is the capacity. Low met the objectives, High did not; High is
// nil where nothing failed.
type CapacityAnswer struct {
	Known    bool     `json:"known"`
	Capacity float64  `json:"capacity"` // the likeliest, within the interval
	Low      float64  `json:"low"`
	High     *float64 `json:"high"`
	Exact    bool     `json:"exact,omitempty"` // Low is the capacity, and Low+1 too much
	// Decided tells whether the interval holds the capacity with the planned
	// confidence; else the search ended before, and no confidence is claimed.
	Decided bool   `json:"decided"`
	Method  string `json:"method"`
	// Allowed is the share by which Low is lowered for steps that are too short to
	// show a steady state.
	Allowed float64 `json:"low_lowered_by,omitempty"`
	// RelaxationS is how long the server's queue remembers at the capacity: steps are
	// to last several of those; 0: it isn't known.
	RelaxationS float64 `json:"relaxation_s,omitempty"`
}

// CapacityLimit is what keeps the capacity from being higher.
type CapacityLimit struct {
	Kind      string `json:"kind"`
	Objective string `json:"objective,omitempty"`
	Class     string `json:"class,omitempty"` // the commonest error
	Detail    string `json:"detail"`
}

// CapacityLittle ties sessions and arrivals by Little's law at the capacity.
type CapacityLittle struct {
	RatePerS    float64 `json:"rate_per_s"`
	LifeS       float64 `json:"session_life_s"`
	Expected    float64 `json:"expected_sessions"` // rate × life
	Observed    float64 `json:"observed_sessions"`
	Step        int     `json:"step"`
	Consistent  bool    `json:"consistent"`
	Explanation string  `json:"explanation"`
}

// CapacityCurve is the Universal Scalability Law fitted to the steps, or why it
// wasn't.
type CapacityCurve struct {
	Refused string `json:"refused,omitempty"`
	// Levels is how many different loads it rests on: steps within a tenth of one
	// another count as one load together, by their mean.
	Levels int             `json:"levels,omitempty"`
	Gamma  *CurveParameter `json:"gamma,omitempty"`                // per second, of one alone
	Alpha  *CurveParameter `json:"alpha,omitempty"`                // contention
	Beta   *CurveParameter `json:"beta,omitempty"`                 // coherency
	Error  float64         `json:"standard_error_per_s,omitempty"` // of a level about the curve
	Points []CurvePoint    `json:"points"`
	Peak   *CurvePeak      `json:"peak,omitempty"`
	NoPeak string          `json:"no_peak,omitempty"` // why none is told
}

// CurveParameter is a coefficient with its 95 % interval. High is nil where the
// steps set no bound.
type CurveParameter struct {
	Value float64  `json:"value"`
	Low   float64  `json:"low"`
	High  *float64 `json:"high"`
	// Held tells that the steps would have it below zero, and it was held there.
	Held bool `json:"held,omitempty"`
}

// CurvePoint is one step: requests in progress and cycles per second that went
// well; on the axis of sessions, sessions and steps per second.
type CurvePoint struct {
	Step        int     `json:"step"`
	Concurrency float64 `json:"concurrency"`
	RatePerS    float64 `json:"rate_per_s"`
	Residual    float64 `json:"residual_per_s"`
}

// CurvePeak is where the curve turns down.
type CurvePeak struct {
	Concurrency float64 `json:"concurrency"`
	RatePerS    float64 `json:"rate_per_s"`
}

// CapacityServers is how many such servers a wanted load takes.
type CapacityServers struct {
	Wanted   float64 `json:"wanted"`
	HeadRoom float64 `json:"head_room"` // share of each server that stays free
	Each     float64 `json:"each"`      // load on each, by the low end of the interval
	Servers  int     `json:"servers"`
}

// CapacityRecovery tells whether the server came back after overload.
type CapacityRecovery struct {
	After     int     `json:"after_step"`
	Overload  float64 `json:"overload"`
	Level     float64 `json:"level"`
	Recovered bool    `json:"recovered"`
	// Tries is how many steps it took; WithinS the time from the end of the overload,
	// its logouts included, to the beginning of what met the objectives again: the
	// server took no longer.
	Tries   int     `json:"tries"`
	WithinS float64 `json:"within_s,omitempty"`
}

// CapacityCeiling is what the generator itself was found to drive at most.
type CapacityCeiling struct {
	RatePerS float64 `json:"rate_per_s"`
	Text     string  `json:"text"`
}

// CapacityLeft is a step that left sessions open.
type CapacityLeft struct {
	Step     int    `json:"step"`
	Sessions int64  `json:"sessions"`
	Folder   string `json:"folder"`
}

// CapacityStep is the evidence of one step.
type CapacityStep struct {
	Number  int     `json:"step"`
	Kind    string  `json:"kind"` // climb, narrow, knee, cap, recovery
	Level   float64 `json:"level"`
	Why     string  `json:"why"`
	StartS  float64 `json:"start_s"` // since the search began
	SettleS float64 `json:"settle_s"`
	HoldS   float64 `json:"hold_s"`
	// Verdict is pass, fail, rejected (it is no evidence: the generator was the limit,
	// or sessions were not there in time) or interrupted.
	Verdict    string              `json:"verdict"`
	Rejected   string              `json:"rejected,omitempty"` // why
	CutShort   bool                `json:"cut_short,omitempty"`
	Objectives []CapacityObjective `json:"objectives"`
	// Margin is the logarithm of the worst value over its limit: negative within.
	// Unbiased is without what comes of the step's being short; the answer rests on
	// it.
	Margin   float64 `json:"margin"`
	Unbiased float64 `json:"margin_unbiased"`
	Next     string  `json:"next"` // what came next, and why
	Folder   string  `json:"folder"`

	RatePerS    float64 `json:"rate_per_s"`  // cycles that went well
	StepsPerS   float64 `json:"steps_per_s"` // logins, calls and logouts that went well
	Concurrency float64 `json:"concurrency"` // requests in progress, mean
	Sessions    float64 `json:"sessions"`    // live, mean of the hold
	PeakLive    int64   `json:"peak_live"`
	LifeS       float64 `json:"session_life_s"`
	Planned     int64   `json:"cycles_planned"`
	Completed   int64   `json:"cycles_completed"`
	Refused     int64   `json:"logins_refused,omitempty"`
	Class       string  `json:"commonest_error,omitempty"`
	Orphaned    int64   `json:"orphaned,omitempty"`
	// PossiblyOpen counts logins whose answer never came.
	PossiblyOpen int64 `json:"possibly_open,omitempty"`
}

// CapacityObjective is one objective in one step.
type CapacityObjective struct {
	Expression string  `json:"expression"`
	Actual     float64 `json:"actual"`
	Limit      float64 `json:"limit,omitempty"` // in the unit of Actual; 0: it isn't one number
	ActualText string  `json:"actual_text"`
	Pass       bool    `json:"pass"`
	Margin     float64 `json:"margin"`
}
